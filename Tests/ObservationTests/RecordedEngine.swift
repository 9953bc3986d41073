/// What a Docker Engine 20.10.24 on a machine with control groups of version 1 said and left in `/proc` for
///
/// ```
/// docker run -d --name web -m 64m -p 8080:80 busybox sleep 1000
/// docker exec web true
/// docker stop -t 0 web
/// docker rm web
/// ```
///
/// Of the long answers only what is read is kept.
enum RecordedEngine {
    static let id = "e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd"
    static let pid: Int64 = 7701

    /// `GET /events`, one a line.
    static let events = #"""
        {"status":"create","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"create","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"image":"busybox","name":"web"}},"scope":"local","time":1795940051,"timeNano":1795940051744513428}
        {"Type":"network","Action":"connect","Actor":{"ID":"618cdcf7e6b2e58327ff6cf24d63bb33d285a9a4389e84593e0dfb9fb6b1691f","Attributes":{"container":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","name":"bridge","type":"bridge"}},"scope":"local","time":1795940051,"timeNano":1795940051775260456}
        {"status":"start","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"image":"busybox","name":"web"}},"scope":"local","time":1795940051,"timeNano":1795940051996366845}
        {"status":"exec_create: true ","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"exec_create: true ","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"execID":"d9665986ff1cc5b6cb148c75b4f4b6647885b55b4b27fef518681a5f1b18d2b5","image":"busybox","name":"web"}},"scope":"local","time":1795940052,"timeNano":1795940052128012154}
        {"status":"exec_start: true ","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"exec_start: true ","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"execID":"d9665986ff1cc5b6cb148c75b4f4b6647885b55b4b27fef518681a5f1b18d2b5","image":"busybox","name":"web"}},"scope":"local","time":1795940052,"timeNano":1795940052128541564}
        {"status":"exec_die","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"exec_die","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"execID":"d9665986ff1cc5b6cb148c75b4f4b6647885b55b4b27fef518681a5f1b18d2b5","exitCode":"0","image":"busybox","name":"web"}},"scope":"local","time":1795940052,"timeNano":1795940052178716139}
        {"status":"kill","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"kill","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"image":"busybox","name":"web","signal":"15"}},"scope":"local","time":1795940052,"timeNano":1795940052210864603}
        {"status":"kill","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"kill","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"image":"busybox","name":"web","signal":"9"}},"scope":"local","time":1795940052,"timeNano":1795940052221344429}
        {"status":"die","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"die","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"exitCode":"137","image":"busybox","name":"web"}},"scope":"local","time":1795940052,"timeNano":1795940052248179797}
        {"Type":"network","Action":"disconnect","Actor":{"ID":"618cdcf7e6b2e58327ff6cf24d63bb33d285a9a4389e84593e0dfb9fb6b1691f","Attributes":{"container":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","name":"bridge","type":"bridge"}},"scope":"local","time":1795940052,"timeNano":1795940052354016501}
        {"status":"stop","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"stop","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"image":"busybox","name":"web"}},"scope":"local","time":1795940052,"timeNano":1795940052361440890}
        {"status":"destroy","id":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","from":"busybox","Type":"container","Action":"destroy","Actor":{"ID":"e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd","Attributes":{"image":"busybox","name":"web"}},"scope":"local","time":1795940052,"timeNano":1795940052424415044}
        """#

    /// `GET /containers/web/json` while it ran.
    static let inspection = #"""
        {
          "Id": "e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd",
          "Name": "/web",
          "Path": "sleep",
          "Args": [
            "1000"
          ],
          "Image": "sha256:d8f5c9b72301c6d8f872e4be826721535414832d3e93b23a90286e1099ebbe4e",
          "Mounts": [],
          "State": {
            "Pid": 7701,
            "Status": "running"
          },
          "HostConfig": {
            "NetworkMode": "default",
            "IpcMode": "private",
            "PidMode": "",
            "UTSMode": "",
            "Privileged": false,
            "ReadonlyRootfs": false,
            "Memory": 67108864,
            "NanoCpus": 0,
            "CpuQuota": 0,
            "CpuPeriod": 0,
            "CpuShares": 0,
            "CpusetCpus": "",
            "PidsLimit": null,
            "SecurityOpt": null
          },
          "GraphDriver": {
            "Data": {
              "LowerDir": "/var/lib/docker/overlay2/91b17bc07b77d4307e52fa96654faeb29c369164d7667c3b7211cdb4ffa56e35-init/diff:/var/lib/docker/overlay2/be40a3df0f657e4d3d69cf0fe20fca1472161ea4512782d40e23a5a4a72c0367/diff",
              "MergedDir": "/var/lib/docker/overlay2/91b17bc07b77d4307e52fa96654faeb29c369164d7667c3b7211cdb4ffa56e35/merged",
              "UpperDir": "/var/lib/docker/overlay2/91b17bc07b77d4307e52fa96654faeb29c369164d7667c3b7211cdb4ffa56e35/diff",
              "WorkDir": "/var/lib/docker/overlay2/91b17bc07b77d4307e52fa96654faeb29c369164d7667c3b7211cdb4ffa56e35/work"
            },
            "Name": "overlay2"
          },
          "Config": {
            "Image": "busybox",
            "User": "",
            "Tty": false,
            "AttachStdout": false,
            "WorkingDir": ""
          },
          "NetworkSettings": {
            "Ports": {
              "80/tcp": [
                {
                  "HostIp": "0.0.0.0",
                  "HostPort": "8080"
                },
                {
                  "HostIp": "::",
                  "HostPort": "8080"
                }
              ]
            },
            "Networks": {
              "bridge": {
                "IPAddress": "172.17.0.2",
                "IPPrefixLen": 16,
                "Gateway": "172.17.0.1",
                "MacAddress": "02:42:ac:11:00:02"
              }
            }
          }
        }
        """#

    /// `GET /images/ID/json`.
    static let image = #"""
        {
          "Id": "sha256:d8f5c9b72301c6d8f872e4be826721535414832d3e93b23a90286e1099ebbe4e",
          "Size": 1984172,
          "RootFS": {
            "Layers": [
              "sha256:edc3a239ec5daa9b2c3c758215316d00535006992c19811ac4ee6b727d9c311e"
            ]
          }
        }
        """#

    /// `GET /networks/bridge`.
    static let network = #"""
        {
          "Id": "618cdcf7e6b2e58327ff6cf24d63bb33d285a9a4389e84593e0dfb9fb6b1691f",
          "Name": "bridge",
          "Driver": "bridge",
          "Options": {
            "com.docker.network.bridge.name": "docker0"
          }
        }
        """#

    /// `/proc/PID/status`.
    static let status = #"""
        Name:	sleep
        Uid:	0	0	0	0
        Gid:	0	0	0	0
        NSpid:	7701	1
        CapBnd:	00000000a80425fb
        Seccomp:	2
        """#

    /// `/proc/PID/cgroup`.
    static let cgroup = #"""
        9:name=systemd:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        8:pids:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        7:blkio:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        6:freezer:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        5:devices:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        4:memory:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        3:cpuset:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        2:cpuacct:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        1:cpu:/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        0::/docker/e769bf0dce5778e9e1607ef47b47c0da1b931fbd6ee42d6ba8145e353a7a53dd
        """#

    /// `/proc/PID/mountinfo`, its first lines.
    static let mountinfo = #"""
        175 149 0:39 / / rw,relatime master:4 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/AZ2JCZPDVF4QOHA5MZYPCFNXU4:/var/lib/docker/overlay2/l/RSBERVDFZYR3CSTQHJRYA5L7YI,upperdir=/var/lib/docker/overlay2/91b17bc07b77d4307e52fa96654faeb29c369164d7667c3b7211cdb4ffa56e35/diff,workdir=/var/lib/docker/overlay2/91b17bc07b77d4307e52fa96654faeb29c369164d7667c3b7211cdb4ffa56e35/work
        176 175 0:42 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
        177 175 0:43 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
        """#

    /// `/proc/PID/net/route`.
    static let route = #"""
        Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
        eth0	00000000	010011AC	0003	0	0	0	00000000	0	0	0
        eth0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
        """#

    /// The control groups in `/proc/self/mountinfo`.
    static let ownMounts = #"""
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
        33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
        34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
        37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
        38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
        39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """#
}
