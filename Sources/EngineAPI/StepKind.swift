/// What kind of thing a step does to the kernel or to the engine's disk.
///
/// The raw value is the stable name in the step stream, in lesson checks (`steps`), and the key under which the
/// explanation catalog has its texts: a kind without an explanation in every language fails a test.
public enum StepKind: String, Sendable, Codable, CaseIterable, Hashable {
    // Images
    /// A reference was resolved to an image that is on this node.
    case imageResolve = "image.resolve"
    /// A registry was asked what a name means.
    case registryResolve = "registry.resolve"
    /// The manifest for this machine's platform was fetched, and the configuration.
    case manifestFetch = "manifest.fetch"
    /// A layer's archive was fetched and hashed as it came.
    case layerDownload = "layer.download"
    /// The stored documents of an image were hashed again.
    case imageVerify = "image.verify"
    /// A registry was found and asked for leave to push.
    case registryConnect = "registry.connect"
    /// A layer's archive, or the configuration, was brought into a registry.
    case layerUpload = "layer.upload"
    /// A manifest was given to a registry under a tag.
    case manifestPush = "manifest.push"
    /// An archive was read and its images stored.
    case imageLoad = "image.load"
    /// An image was made from a plain root file system.
    case imageImport = "image.import"
    /// A layer was unpacked into a directory of its own, once for all containers.
    case layerUnpack = "layer.unpack"
    /// A name was given to an image.
    case imageTag = "image.tag"
    /// A name was taken from an image.
    case imageUntag = "image.untag"
    /// An image's configuration and the layers nobody else uses were removed.
    case imageDelete = "image.delete"

    // Volumes
    /// A volume was made: a directory with a name, that no container owns.
    case volumeCreate = "volume.create"
    /// What the image has at a new volume's place was copied into it.
    case volumeFill = "volume.fill"
    /// A volume was removed with all it held.
    case volumeDelete = "volume.delete"

    // Files and images of a container
    /// Files were put into a container's tree.
    case filesPut = "files.put"
    /// An image was made of what a container has written.
    case imageCommit = "image.commit"
    /// An instruction of a Dockerfile was carried out, or its result was known already.
    case buildInstruction = "build.instruction"

    // The container on disk
    /// The container was written down: identity, settings, log.
    case containerCreate = "container.create"
    /// The container's own writable layer was made, empty.
    case layerCreate = "layer.create"
    /// The writable layer was removed, with all that the container had written.
    case layerDelete = "layer.delete"
    /// What the engine knew of the container was removed.
    case containerDelete = "container.delete"
    /// The container was given another name.
    case containerRename = "container.rename"

    // Starting
    /// The image's layers and the container's own were stacked into one tree.
    case overlayMount = "overlay.mount"
    /// A control group was made.
    case cgroupCreate = "cgroup.create"
    /// A resource was limited.
    case cgroupLimit = "cgroup.limit"
    /// A process was made in new namespaces.
    case processClone = "process.clone"
    /// The process joined its control groups.
    case cgroupJoin = "cgroup.join"
    /// The tree became the process's future root.
    case rootAttach = "root.attach"
    /// `/proc` was mounted for the container's own PID namespace.
    case mountProc = "mount.proc"
    /// `/dev` was filled with the few harmless devices.
    case mountDev = "mount.dev"
    /// `/sys` was mounted read-only, with the container's view of its cgroups.
    case mountSys = "mount.sys"
    /// `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` were laid over the image's.
    case mountFiles = "mount.files"
    /// A volume or a directory of the machine was bound into the container.
    case mountVolume = "mount.volume"
    /// A file system in memory was mounted in the container.
    case mountTmpfs = "mount.tmpfs"
    /// Kernel files that a container must not see or change were covered.
    case mountMask = "mount.mask"
    /// The tree became `/`, and the machine's root went out of reach.
    case rootPivot = "root.pivot"
    /// The container's host name was set.
    case hostnameSet = "hostname.set"
    /// Kernel parameters of the container's own namespaces were set.
    case parameterSet = "parameter.set"
    /// A pseudo-terminal of the container's own was opened.
    case terminalOpen = "terminal.open"
    /// Limits of the process itself were set.
    case resourceLimit = "resource.limit"
    /// The process changed to the user it is to run as.
    case userBecome = "user.become"
    /// Capabilities were taken away.
    case capabilitiesDrop = "capabilities.drop"
    /// The system call filter was loaded.
    case seccompLoad = "seccomp.load"
    /// The process became the container's program.
    case processExecute = "process.execute"

    // Networks
    /// A network namespace was made for a node.
    case nodeCreate = "node.create"
    /// A node was removed with all that it had.
    case nodeDelete = "node.delete"
    /// A node was put on the lab's cable.
    case cablePlug = "cable.plug"
    /// A node's port on the cable was cut, slowed down or made lossy, or works again.
    case cableChange = "cable.change"
    /// A network was written down: name, subnet, options.
    case networkCreate = "network.create"
    /// What the engine knew of a network was removed.
    case networkDelete = "network.delete"
    /// A bridge was made.
    case bridgeCreate = "bridge.create"
    /// A bridge was removed.
    case bridgeDelete = "bridge.delete"
    /// A network was put under the filter rules: who reaches whom.
    case rulesApply = "rules.apply"
    /// A port of the container was opened on the node, and on the machine.
    case portPublish = "port.publish"
    /// The container was given a name server that knows the others in its networks.
    case namesServe = "names.serve"
    /// A virtual cable was laid between the node and the machine.
    case uplinkCreate = "uplink.create"
    /// What comes over it leaves the machine under the machine's own address.
    case uplinkTranslate = "uplink.translate"
    /// A virtual cable was laid between the container and a bridge.
    case vethCreate = "veth.create"
    /// A swarm was made, with a node as its first manager.
    case swarmInit = "swarm.init"
    /// A node joined a swarm.
    case swarmJoin = "swarm.join"
    /// A node left its swarm.
    case swarmLeave = "swarm.leave"
    /// A tunnel to the other nodes was made for an overlay network.
    case tunnelCreate = "tunnel.create"
    /// The other nodes were told behind which node a container is, and with which addresses.
    case neighboursAdd = "neighbours.add"
    /// The other nodes forgot a container.
    case neighboursRemove = "neighbours.remove"
    /// An interface was made for the containers of a network to share its cable.
    case parentCreate = "parent.create"
    /// The container was given an interface on a cable that it shares with one of the node's.
    case linkShare = "link.share"
    /// An interface was given an address.
    case addressAssign = "address.assign"
    /// A route was added.
    case routeAdd = "route.add"
    /// The process stays in another's network namespace: the node's, or another container's.
    case networkJoin = "network.join"
    /// The container has a loopback interface only.
    case networkNone = "network.none"
    /// The container's address went back, its cable is gone.
    case networkRelease = "network.release"

    // A second process
    /// A process entered the namespaces of a running container.
    case namespaceEnter = "namespace.enter"

    // Running and ending
    /// A signal was sent.
    case processSignal = "process.signal"
    /// A process ended and was reaped.
    case processEnd = "process.end"
    /// All processes of a cgroup were stopped where they stood.
    case cgroupFreeze = "cgroup.freeze"
    /// They were let go on.
    case cgroupThaw = "cgroup.thaw"
    /// A control group was removed.
    case cgroupRemove = "cgroup.remove"

    // Reading: told of only to those who ask (``DrydockAPI/tellHeader``)
    /// A container's processes were found and looked at.
    case processesList = "processes.list"
    /// What a container's cgroup has counted was read.
    case countersRead = "counters.read"
    /// A container's writable layer was read for what has changed.
    case changesRead = "changes.read"
    /// Files were read out of a container's tree.
    case filesGet = "files.get"
}
