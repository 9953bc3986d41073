/// A container seen from both sides: what the kernel has of it now, read when it was asked for.
///
/// `inside` shows it on a page, and `compare` lays two of them side by side. What belongs to a process is empty for a
/// container that does not run.
public struct ContainerView: Sendable, Codable, Equatable {
    /// A process with its numbers on the machine and in the container (`NSpid` of `/proc/PID/status`).
    public struct Process: Sendable, Codable, Equatable {
        /// Its number on the machine.
        public var pid: Int32
        /// Its number in the container's own PID namespace.
        public var innerPid: Int32
        /// Its command line.
        public var command: String

        /// A process.
        public init(pid: Int32, innerPid: Int32, command: String) {
            self.pid = pid
            self.innerPid = innerPid
            self.command = command
        }
    }

    /// Whose a namespace is, beside the container's.
    public enum Owner: String, Sendable, Codable {
        /// The container's own.
        case own
        /// The node's: `--network host`.
        case node
        /// The machine's.
        case machine
    }

    /// A namespace that the first process is in.
    public struct Namespace: Sendable, Codable, Equatable {
        /// `mnt`, `pid`, `net`, …
        public var kind: String
        /// What `/proc/PID/ns/KIND` links to: `net:[4026532281]`.
        public var link: String
        /// Whose it is as well.
        public var owner: Owner

        /// A namespace.
        public init(kind: String, link: String, owner: Owner) {
            self.kind = kind
            self.link = link
            self.owner = owner
        }
    }

    /// A file and what it contains now.
    public struct Reading: Sendable, Codable, Equatable {
        /// The whole path.
        public var file: String
        /// Its contents.
        public var value: String

        /// A reading.
        public init(file: String, value: String) {
            self.file = file
            self.value = value
        }
    }

    /// What the cgroup has counted.
    public struct Counters: Sendable, Codable, Equatable {
        /// Bytes of memory now, and the limit (0: none).
        public var memory: UInt64, memoryLimit: UInt64
        /// Processor time so far, nanoseconds.
        public var processorTime: UInt64
        /// Tasks now, and the limit (0: none).
        public var tasks: UInt64, tasksLimit: UInt64

        /// Counters.
        public init(memory: UInt64, memoryLimit: UInt64, processorTime: UInt64, tasks: UInt64, tasksLimit: UInt64) {
            self.memory = memory
            self.memoryLimit = memoryLimit
            self.processorTime = processorTime
            self.tasks = tasks
            self.tasksLimit = tasksLimit
        }
    }

    /// A mount that the first process sees (`proc_pid_mountinfo(5)`).
    public struct Mount: Sendable, Codable, Equatable {
        /// Where it is.
        public var target: String
        /// The kind of file system.
        public var type: String
        /// What is mounted.
        public var source: String
        /// `ro` or `rw`, and the other options of the mount.
        public var options: String

        /// A mount.
        public init(target: String, type: String, source: String, options: String) {
            self.target = target
            self.type = type
            self.source = source
            self.options = options
        }
    }

    /// A place in a network.
    public struct Attachment: Sendable, Codable, Equatable {
        /// The network's name.
        public var network: String
        /// The interface in the container, and its address with the prefix length.
        public var interface: String, address: String
        /// The other end of the cable on the node, and the bridge that it is plugged into.
        public var hostLink: String, bridge: String
        /// The next hop of the default route; `nil` where none leads through here.
        public var gateway: String?
        /// The published ports: `0.0.0.0:8080 -> 80/tcp`.
        public var ports: [String]

        /// A place in a network.
        public init(
            network: String, interface: String, address: String, hostLink: String, bridge: String, gateway: String?,
            ports: [String]
        ) {
            self.network = network
            self.interface = interface
            self.address = address
            self.hostLink = hostLink
            self.bridge = bridge
            self.gateway = gateway
            self.ports = ports
        }
    }

    /// Its name and identity.
    public var name: String, id: String
    /// The image by the reference that was asked for.
    public var image: String
    /// `running`, `exited`, …
    public var status: String
    /// Its processes, by their numbers.
    public var processes: [Process] = []
    /// The namespaces of its first process.
    public var namespaces: [Namespace] = []
    /// The path of its cgroup, and what the files of its limits contain.
    public var cgroup: String?, limits: [Reading] = []
    /// What the cgroup has counted.
    public var counters: Counters?
    /// The layer directories, topmost first, without the container's own.
    public var layers: [String] = []
    /// The container's own writable layer, and how many entries it has at its top.
    public var upper: String = "", upperEntries: Int = 0
    /// What is mounted in it.
    public var mounts: [Mount] = []
    /// Where it is in networks.
    public var networks: [Attachment] = []
    /// Whether the kernel is a simulated one.
    public var isSimulated = false

    /// A container of which nothing else is known yet.
    public init(name: String, id: String, image: String, status: String) {
        self.name = name
        self.id = id
        self.image = image
        self.status = status
    }
}
