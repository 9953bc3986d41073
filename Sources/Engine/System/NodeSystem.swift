import CLinux
import EngineAPI
import Glibc
import Kernel
import OCI
import OrderedJSON
import Posix
import Registry
import Steps

extension Node {
    /// Versions of engine, API and kernel (API: SystemVersion).
    public func version() -> JSON {
        let profile = kernel.profile
        let architecture = profile.goArchitecture
        let details: JSON = [
            "ApiVersion": .string(DrydockAPI.version), "Arch": .string(architecture), "BuildTime": "",
            "Experimental": "false", "GitCommit": "", "GoVersion": "", "KernelVersion": .string(profile.release),
            "MinAPIVersion": .string(DrydockAPI.minimumVersion), "Os": "linux",
        ]
        return [
            "Platform": ["Name": .string("Drydock" + (profile.kind == .simulated ? " (simulated kernel)" : ""))],
            "Components": [["Name": "Engine", "Version": .string(configuration.version), "Details": details]],
            "Version": .string(configuration.version), "ApiVersion": .string(DrydockAPI.version),
            "MinAPIVersion": .string(DrydockAPI.minimumVersion), "GitCommit": "", "GoVersion": "", "Os": "linux",
            "Arch": .string(architecture), "KernelVersion": .string(profile.release), "BuildTime": "",
        ]
    }

    /// What the node is and has (API: SystemInfo).
    public func info() throws -> JSON {
        let profile = kernel.profile
        let states = containers.current.byID.values.map { $0.life.current.state.status }
        func count(_ status: ContainerState.Status...) -> JSON { .integer(Int64(states.filter(status.contains).count)) }
        let has = { (controller: String) -> JSON in .bool(profile.controllers.contains(controller)) }
        var warnings: [String] = []
        if profile.controllers.isEmpty {
            warnings.append("WARNING: Running in rootless-mode without cgroups. No limit can be set")
        } else if !profile.limitsSwap {
            warnings.append("WARNING: No swap limit support")
        }
        warnings += setAsideSentences.map { "WARNING: \($0)" }
        // What containerd and runc do elsewhere, this engine does itself.
        let own = "drydock-\(configuration.version)"
        let initVersion = InitProgram.version
        let proxies = registries.settings.proxies
        /// Whether what crosses a bridge goes through the filters of packets, too (bridge-nf, a module of the kernel).
        func filtersBridges(_ tool: String) -> JSON {
            .bool((try? Files.text("/proc/sys/net/bridge/bridge-nf-call-\(tool)").first) == "1")
        }
        func commit(_ id: String) -> JSON { ["ID": .string(id), "Expected": .string(id)] }
        let descriptors = (try? Files.list("/proc/self/fd").count) ?? 0
        return [
            "ID": .string(Digest(of: Array("engine \(defaultBridge.id)".utf8)).hexadecimal),
            "Containers": .integer(Int64(states.count)),
            "ContainersRunning": count(.running, .restarting), "ContainersPaused": count(.paused),
            "ContainersStopped": count(.exited, .created, .dead, .removing),
            "Images": .integer(Int64(images.images().count)), "Driver": "overlay2",
            "DriverStatus": [
                ["Backing Filesystem", .string(try FileSystemName.of(configuration.directory))],
                ["Supports d_type", "true"],
                ["Native Overlay Diff", "true"], ["userxattr", .string("\(profile.isRootless)")],
            ],
            "Plugins": [
                "Volume": ["local"], "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
                "Authorization": .null,
                "Log": ["json-file", "local"],
            ],
            "MemoryLimit": has("memory"), "SwapLimit": .bool(profile.limitsSwap), "CpuCfsPeriod": has("cpu"),
            "CpuCfsQuota": has("cpu"), "CPUShares": has("cpu"), "CPUSet": has("cpuset"), "PidsLimit": has("pids"),
            "IPv4Forwarding": true, "BridgeNfIptables": filtersBridges("iptables"),
            "BridgeNfIp6tables": filtersBridges("ip6tables"), "Debug": false, "NFd": .integer(Int64(descriptors)),
            "OomKillDisable": .bool(profile.cgroupLayout != .v2), "NGoroutines": .integer(Int64(try threads())),
            "SystemTime": .string(Timestamp.text(Clock.realtime())), "LoggingDriver": "json-file",
            "CgroupDriver": .string(profile.controllers.isEmpty ? "none" : "cgroupfs"),
            "CgroupVersion": profile.cgroupLayout == .v2 ? "2" : "1", "NEventsListener": 0,
            "KernelVersion": .string(profile.release), "OperatingSystem": .string(profile.operatingSystem),
            "OSVersion": "", "OSType": "linux", "Architecture": .string(profile.machine),
            "IndexServerAddress": "https://index.docker.io/v1/",
            "RegistryConfig": [
                "AllowNondistributableArtifactsCIDRs": [], "AllowNondistributableArtifactsHostnames": [],
                "IndexConfigs": [
                    "docker.io": ["Mirrors": [], "Name": "docker.io", "Official": true, "Secure": true]
                ],
                "InsecureRegistryCIDRs": ["127.0.0.0/8"], "Mirrors": [],
            ],
            "NCPU": .integer(Int64(profile.processors)), "MemTotal": .integer(profile.memory),
            "GenericResources": .null,
            "DockerRootDir": .string(configuration.directory), "HttpProxy": .string(ProxySettings.masked(proxies.http)),
            "HttpsProxy": .string(ProxySettings.masked(proxies.https)), "NoProxy": .string(proxies.exceptions),
            "Name": .string(configuration.name), "Labels": [], "ExperimentalBuild": false,
            "ServerVersion": .string(configuration.version), "Runtimes": ["runc": ["path": "drydock"]],
            "CDISpecDirs": [],
            "DefaultRuntime": "runc",
            "Swarm": swarmInfo,
            "LiveRestoreEnabled": false, "Isolation": "", "InitBinary": initVersion.isEmpty ? "" : "docker-init",
            "ContainerdCommit": commit(own), "RuncCommit": commit(own), "InitCommit": commit(initVersion),
            "SecurityOptions": .strings(
                ["name=seccomp,profile=default"] + (profile.isRootless ? ["name=rootless"] : [])),
            "Warnings": warnings.isEmpty ? .null : .strings(warnings),
        ]
    }

    /// How many threads the engine has, for what Docker calls goroutines.
    private func threads() throws -> Int { (try? Files.list("/proc/self/task").count) ?? 0 }

    /// What happened, and then what happens (API: SystemEvents).
    ///
    /// - Parameters:
    ///   - since: Nothing before; `nil` is nothing old at all.
    ///   - until: The end; `nil` goes on for ever.
    ///   - filters: Docker's filters by name.
    ///   - isWanted: Whether the reader is still there.
    ///   - send: Takes an event; it throws when the reader is gone.
    public func readEvents(
        since: Int64?, until: Int64?, filters: [String: [String]], isWanted: () -> Bool, send: (Event) throws -> Void
    ) throws {
        let filter = EventFilter(filters)
        func isAskedFor(_ event: Event) -> Bool {
            filter.accepts(event) && (until.map { event.time <= $0 } ?? true)
        }
        var next = events.end
        if let since {
            let old = events.events(from: 0)
            next = old.next
            for event in old.events where event.time >= since && isAskedFor(event) { try send(event) }
        }
        while isWanted() {
            var patience = 1.0
            if let until {
                let left = Double(until - Clock.realtime()) / 1e9
                if left <= 0 { return }
                patience = min(patience, left)
            }
            let new = events.wait(from: next, seconds: patience)
            next = new.next
            for event in new.events where isAskedFor(event) { try send(event) }
        }
    }
}

/// Docker's filters of events.
private struct EventFilter {
    let filters: [String: [String]]
    init(_ filters: [String: [String]]) { self.filters = filters }

    private func any(_ name: String, _ fits: (String) -> Bool) -> Bool {
        filters[name].map { $0.contains(where: fits) } ?? true
    }

    func accepts(_ event: Event) -> Bool {
        let name = event.attributes["name"]
        return any("type") { $0 == event.type }
            && any("event") { $0 == event.action || event.action.hasPrefix($0 + ":") }
            && any("container") { wanted in
                event.type == "container" && (event.actor.hasPrefix(wanted) || name == wanted)
            }
            && any("image") { wanted in
                [
                    event.attributes["image"], event.type == "image" ? name : nil,
                    event.type == "image" ? event.actor : nil,
                ]
                .contains { text in text == wanted || text?.split(separator: ":").first.map(String.init) == wanted }
            }
            && any("network") { event.type == "network" && (event.actor.hasPrefix($0) || name == $0) }
            && any("volume") { event.type == "volume" && (event.actor.hasPrefix($0) || name == $0) }
            && any("daemon") { event.type == "daemon" && (event.actor == $0 || name == $0) }
            && any("scope") { $0 == "local" }
            && (filters["label"] ?? []).allSatisfy { label in
                let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return parts.count == 2
                    ? event.attributes[parts[0]] == parts[1] : event.attributes[parts[0]] != nil
            }
    }
}

extension KernelProfile {
    /// The machine's architecture as Go names it: `amd64`, `arm64`.
    public var goArchitecture: String {
        switch machine {
        case "x86_64": "amd64"
        case "aarch64": "arm64"
        default: machine
        }
    }
}

/// The file system that a directory lies on, by the name that Docker shows.
enum FileSystemName {
    static func of(_ path: String) throws(SystemError) -> String {
        let magic = try check("looking at the file system of \(path)") { linux_file_system_magic(path) }
        switch magic {
        case 0xEF53: return "extfs"
        case 0x9123_683E: return "btrfs"
        case 0x5846_5342: return "xfs"
        case 0x0102_1994: return "tmpfs"
        case 0x794C_7630: return "overlayfs"
        case 0x2FC1_2FC1: return "zfs"
        default: return "<unknown>"
        }
    }
}
