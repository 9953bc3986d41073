/// The declarations behind ``GoTypes``, after the Engine API's Go types of Docker 28.2 (github.com/docker/docker/api/types).
enum GoTypeTables {
    /// All tables, one struct a line.
    static let all = [container, image, network, volume]

    private static let container = """
        container.InspectResponse:+*ContainerJSONBase,Mounts []container.MountPoint,Config *container.Config,\
        NetworkSettings *container.NetworkSettings,ImageManifestDescriptor? *any
        ContainerJSONBase:ID=Id string,Created string,Path string,Args []string,State *container.State,Image string,\
        ResolvConfPath string,HostnamePath string,HostsPath string,LogPath string,Name string,RestartCount int,\
        Driver string,Platform string,MountLabel string,ProcessLabel string,AppArmorProfile string,ExecIDs []string,\
        HostConfig *container.HostConfig,GraphDriver storage.DriverData,SizeRw? *int,SizeRootFs? *int
        container.State:Status string,Running bool,Paused bool,Restarting bool,OOMKilled bool,Dead bool,Pid int,\
        ExitCode int,Error string,StartedAt string,FinishedAt string,Health? *container.Health
        container.Health:Status string,FailingStreak int,Log []*container.HealthcheckResult
        container.HealthcheckResult:Start time,End time,ExitCode int,Output string
        storage.DriverData:Data map[string],Name string
        container.MountPoint:Type? string,Name? string,Source string,Destination string,Driver? string,Mode string,\
        RW bool,Propagation string
        container.Config:Hostname string,Domainname string,User string,AttachStdin bool,AttachStdout bool,\
        AttachStderr bool,ExposedPorts? ports[struct],Tty bool,OpenStdin bool,StdinOnce bool,Env []string,Cmd []string,\
        Healthcheck? *container.HealthConfig,ArgsEscaped? bool,Image string,Volumes map[struct],WorkingDir string,\
        Entrypoint []string,NetworkDisabled? bool,MacAddress? string,OnBuild []string,Labels map[string],\
        StopSignal? string,StopTimeout? *int,Shell? []string
        container.HealthConfig:Test? []string,Interval? int,Timeout? int,StartPeriod? int,StartInterval? int,Retries? int
        container.HostConfig:Binds []string,ContainerIDFile string,LogConfig container.LogConfig,NetworkMode string,\
        PortBindings ports[[]nat.PortBinding],RestartPolicy container.RestartPolicy,AutoRemove bool,VolumeDriver string,\
        VolumesFrom []string,ConsoleSize []int,Annotations? map[string],CapAdd []string,CapDrop []string,\
        CgroupnsMode string,DNS=Dns []string,DNSOptions=DnsOptions []string,DNSSearch=DnsSearch []string,\
        ExtraHosts []string,GroupAdd []string,IpcMode string,Cgroup string,Links []string,OomScoreAdj int,\
        PidMode string,Privileged bool,PublishAllPorts bool,ReadonlyRootfs bool,SecurityOpt []string,\
        StorageOpt? map[string],Tmpfs? map[string],UTSMode string,UsernsMode string,ShmSize int,Sysctls? map[string],\
        Runtime string,Isolation string,+Resources,Mounts? []mount.Mount,MaskedPaths []string,ReadonlyPaths []string,\
        Init? *bool
        container.LogConfig:Type string,Config map[string]
        container.RestartPolicy:Name string,MaximumRetryCount int
        nat.PortBinding:HostIP=HostIp string,HostPort string
        Resources:CPUShares=CpuShares int,Memory int,NanoCPUs=NanoCpus int,CgroupParent string,BlkioWeight int,\
        BlkioWeightDevice []*blkiodev.WeightDevice,BlkioDeviceReadBps []*blkiodev.ThrottleDevice,\
        BlkioDeviceWriteBps []*blkiodev.ThrottleDevice,BlkioDeviceReadIOps []*blkiodev.ThrottleDevice,\
        BlkioDeviceWriteIOps []*blkiodev.ThrottleDevice,CPUPeriod=CpuPeriod int,CPUQuota=CpuQuota int,\
        CPURealtimePeriod=CpuRealtimePeriod int,CPURealtimeRuntime=CpuRealtimeRuntime int,CpusetCpus string,\
        CpusetMems string,Devices []container.DeviceMapping,DeviceCgroupRules []string,DeviceRequests []any,\
        KernelMemory? int,KernelMemoryTCP? int,MemoryReservation int,MemorySwap int,MemorySwappiness *int,\
        OomKillDisable *bool,PidsLimit *int,Ulimits []*units.Ulimit,CPUCount=CpuCount int,CPUPercent=CpuPercent int,\
        IOMaximumIOps int,IOMaximumBandwidth int
        blkiodev.WeightDevice:Path string,Weight int
        blkiodev.ThrottleDevice:Path string,Rate int
        container.DeviceMapping:PathOnHost string,PathInContainer string,CgroupPermissions string
        units.Ulimit:Name string,Hard int,Soft int
        mount.Mount:Type? string,Source? string,Target? string,ReadOnly? bool,Consistency? string,\
        BindOptions? *mount.BindOptions,VolumeOptions? *mount.VolumeOptions,ImageOptions? *mount.ImageOptions,\
        TmpfsOptions? *mount.TmpfsOptions,ClusterOptions? *any
        mount.BindOptions:Propagation? string,NonRecursive? bool,CreateMountpoint? bool,ReadOnlyNonRecursive? bool,\
        ReadOnlyForceRecursive? bool
        mount.VolumeOptions:NoCopy? bool,Labels? map[string],Subpath? string,DriverConfig? *mount.Driver
        mount.Driver:Name? string,Options? map[string]
        mount.ImageOptions:Subpath? string
        mount.TmpfsOptions:SizeBytes? int,Mode? int,Options? [][]string
        container.NetworkSettings:+NetworkSettingsBase,+DefaultNetworkSettings,Networks map[*network.EndpointSettings]
        NetworkSettingsBase:Bridge string,SandboxID string,SandboxKey string,Ports ports[[]nat.PortBinding],\
        HairpinMode bool,LinkLocalIPv6Address string,LinkLocalIPv6PrefixLen int,SecondaryIPAddresses []any,\
        SecondaryIPv6Addresses []any
        DefaultNetworkSettings:EndpointID string,Gateway string,GlobalIPv6Address string,GlobalIPv6PrefixLen int,\
        IPAddress string,IPPrefixLen int,IPv6Gateway string,MacAddress string
        network.EndpointSettings:IPAMConfig *network.EndpointIPAMConfig,Links []string,Aliases []string,\
        MacAddress string,DriverOpts map[string],GwPriority int,NetworkID string,EndpointID string,Gateway string,\
        IPAddress string,IPPrefixLen int,IPv6Gateway string,GlobalIPv6Address string,GlobalIPv6PrefixLen int,\
        DNSNames []string
        network.EndpointIPAMConfig:IPv4Address? string,IPv6Address? string,LinkLocalIPs? []string
        """

    private static let image = """
        image.InspectResponse:ID=Id string,RepoTags []string,RepoDigests []string,Parent string,Comment string,\
        Created? string,DockerVersion string,Author string,Config *image.Config,Architecture string,Variant? string,\
        Os string,OsVersion? string,Size int,VirtualSize? int,GraphDriver storage.DriverData,RootFS image.RootFS,\
        Metadata image.Metadata,Descriptor? *any,Manifests? []any
        image.Config:+ImageConfig,+DockerOCIImageConfigExt
        ImageConfig:User? string,ExposedPorts? map[struct],Env? []string,Entrypoint? []string,Cmd? []string,\
        Volumes? map[struct],WorkingDir? string,Labels? map[string],StopSignal? string,ArgsEscaped? bool
        DockerOCIImageConfigExt:Healthcheck? *container.HealthConfig,OnBuild? []string,Shell? []string
        image.RootFS:Type? string,Layers? []string
        image.Metadata:LastTagTime? time
        """

    private static let network = """
        network.Inspect:Name string,ID=Id string,Created time,Scope string,Driver string,EnableIPv4 bool,\
        EnableIPv6 bool,IPAM network.IPAM,Internal bool,Attachable bool,Ingress bool,ConfigFrom network.ConfigReference,\
        ConfigOnly bool,Containers map[network.EndpointResource],Options map[string],Labels map[string]
        network.IPAM:Driver string,Options map[string],Config []network.IPAMConfig
        network.IPAMConfig:Subnet? string,IPRange? string,Gateway? string,AuxAddress=AuxiliaryAddresses? map[string]
        network.ConfigReference:Network string
        network.EndpointResource:Name string,EndpointID string,MacAddress string,IPv4Address string,IPv6Address string
        """

    private static let volume = """
        volume.Volume:ClusterVolume? *any,CreatedAt? string,Driver string,Labels map[string],Mountpoint string,\
        Name string,Options map[string],Scope string,Status? map[any],UsageData? *volume.UsageData
        volume.UsageData:RefCount int,Size int
        """
}
