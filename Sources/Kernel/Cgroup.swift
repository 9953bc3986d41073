import Posix

/// One cgroup of the engine: a directory in each hierarchy that the host has (`cgroups(7)`).
public protocol Cgroup: AnyObject, Sendable {
    /// Its path below the hierarchies' roots, such as `drydock/3f9a71c0de42`.
    var path: String { get }

    /// The directory of a controller, such as `/sys/fs/cgroup/memory/drydock/3f9a71c0de42`; for version 2 the same for
    /// all. `nil` when the host lacks the controller.
    func directory(of controller: String) -> String?

    /// Its directories in the version 1 hierarchies, named ones such as systemd's included, by the name of the directory
    /// that the hierarchy is mounted on (`cpu`, `memory`, `systemd`).
    var version1Directories: [(name: String, directory: String)] { get }

    /// Descriptors through which a child joins the group by writing `0` to each: `tasks` (version 1) or
    /// `cgroup.procs` (version 2).
    func joinDescriptors() throws(SystemError) -> [Descriptor]

    /// Limits one resource.
    ///
    /// - Returns: The files that were written with what each **now contains**, read back.
    /// - Throws: ``CgroupError``
    func apply(_ limit: CgroupLimit) throws(CgroupError) -> [CgroupReading]

    /// Reads a limit as it stands in the kernel now, whether or not one was ever applied.
    func reading(of resource: CgroupLimit.Resource) -> [CgroupReading]

    /// Counters now.
    func statistics() throws(SystemError) -> CgroupStatistics

    /// The files behind ``statistics()``, as far as they tell of something by themselves, with what each contains now.
    func counterReadings() -> [CgroupReading]

    /// The processes in the group, by their numbers on the machine.
    func processes() throws(SystemError) -> [Int32]

    /// The file that they are listed in.
    var processesFile: String { get }

    /// How the group is frozen; `nil` without a freezer.
    var freezer: CgroupFreezer? { get }

    /// Stops all processes in the group, and waits until they stand (`cgroup.freeze`, or `freezer.state`).
    func freeze() throws(SystemError)

    /// Lets them go on.
    func thaw() throws(SystemError)

    /// Whether the group is frozen now, read from the kernel.
    func isFrozen() throws(SystemError) -> Bool

    /// Kills every process in the group.
    func kill() throws(SystemError)

    /// How often the kernel killed a process of the group for lack of memory.
    func outOfMemoryKills() -> Int

    /// Removes the group's directories; it must have no processes.
    func remove() throws(SystemError)
}

/// The files through which a group is frozen.
public struct CgroupFreezer: Sendable, Equatable {
    /// The file that is written to.
    public var file: String
    /// What is written to freeze, and to thaw.
    public var frozen: String, thawed: String
    /// The file that says whether the group stands still.
    public var state: String

    /// The unified hierarchy's (kernel `cgroup-v2.rst`), in a directory.
    static func unified(_ directory: String) -> CgroupFreezer {
        CgroupFreezer(
            file: directory + "/cgroup.freeze", frozen: "1", thawed: "0", state: directory + "/cgroup.events")
    }

    /// That of version 1 (kernel `cgroup-v1/freezer-subsystem.rst`), in a directory.
    static func version1(_ directory: String) -> CgroupFreezer {
        let file = directory + "/freezer.state"
        return CgroupFreezer(file: file, frozen: "FROZEN", thawed: "THAWED", state: file)
    }
}

/// A limit on one resource, in Docker's units.
public enum CgroupLimit: Sendable, Equatable {
    /// Memory in bytes, and memory plus swap in bytes (-1: unlimited swap; nil: not given, then as the kernel has it).
    case memory(Int64, swap: Int64?)
    /// The soft limit of memory in bytes.
    case memoryReservation(Int64)
    /// Whether a process waits instead of being killed when memory runs out (version 1 only).
    case outOfMemoryKillDisabled(Bool)
    /// Microseconds of processor time in each period of microseconds; a quota of -1 is no limit.
    case cpuQuota(Int64, period: Int64)
    /// The relative weight, 2...262144, 1024 being the default (converted for version 2).
    case cpuShares(Int64)
    /// How readily memory is moved to swap, 0...100 (version 1 only).
    case memorySwappiness(Int64)
    /// Microseconds that real-time tasks may run in each period of microseconds; `nil` as the kernel has it (version 1
    /// only, and only where the groups above have some to give).
    case realTime(runtime: Int64?, period: Int64?)
    /// The processors and memory nodes that may be used: `0-1,3`.
    case cpuset(cpus: String?, memoryNodes: String?)
    /// How many tasks may exist; -1 is no limit.
    case pids(Int64)
    /// The relative weight of block input and output, 10...1000.
    case blockWeight(UInt16)
    /// The relative weight of one device's input and output, 10...1000.
    case blockDeviceWeight(major: UInt32, minor: UInt32, weight: UInt16)
    /// A rate for one device.
    case blockRate(BlockRate)
    /// Which devices may be used. Version 1 `devices.deny`/`devices.allow`, in order; version 2 an eBPF program.
    case devices([DeviceRule])

    /// What is limited.
    public enum Resource: String, Sendable, CaseIterable {
        case memory, memoryReservation, outOfMemoryKillDisabled, memorySwappiness, cpuQuota, cpuShares, realTime, cpuset
        case pids, blockWeight, blockDeviceWeight, blockRate, devices
    }

    /// A limit on reading or writing a block device.
    public struct BlockRate: Sendable, Equatable {
        /// Which of the four rates.
        public enum Kind: String, Sendable { case readBytes, writeBytes, readOperations, writeOperations }
        /// Which of the four rates.
        public var kind: Kind
        /// The device's numbers.
        public var major: UInt32
        /// The device's numbers.
        public var minor: UInt32
        /// Bytes or operations per second.
        public var rate: UInt64
        /// A rate for one device.
        public init(kind: Kind, major: UInt32, minor: UInt32, rate: UInt64) {
            self.kind = kind
            self.major = major
            self.minor = minor
            self.rate = rate
        }
    }

    /// One line of the devices controller: `c 1:3 rwm`.
    public struct DeviceRule: Sendable, Equatable {
        /// Whether access is granted or taken away.
        public var allows: Bool
        /// `a`, `b` or `c`
        public var type: Character
        /// The device's major number; `nil` is any.
        public var major: UInt32?
        /// The device's minor number; `nil` is any.
        public var minor: UInt32?
        /// Some of `rwm`.
        public var access: String
        /// A rule.
        public init(allows: Bool, type: Character, major: UInt32?, minor: UInt32?, access: String) {
            self.allows = allows
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }
    }
}

/// A cgroup file and what it contained when it was read.
public struct CgroupReading: Sendable, Equatable {
    /// The file's whole path.
    public var path: String
    /// Its contents, without the final newline.
    public var value: String
    /// A reading.
    public init(path: String, value: String) {
        self.path = path
        self.value = value
    }
}

/// Why a limit could not be applied.
public enum CgroupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The host has no such controller or file.
    case unsupported(resource: CgroupLimit.Resource, reason: String)
    /// The kernel refused the value.
    case refused(resource: CgroupLimit.Resource, SystemError)

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .unsupported(let resource, let reason): "\(resource.rawValue) cannot be limited here: \(reason)"
        case .refused(let resource, let error): "could not limit \(resource.rawValue): \(error)"
        }
    }
}

/// What a cgroup has counted so far.
public struct CgroupStatistics: Sendable, Equatable {
    /// Processor time in nanoseconds: all, in user mode, in kernel mode.
    public var cpuTotal: UInt64 = 0, cpuUser: UInt64 = 0, cpuSystem: UInt64 = 0
    /// Processor time per processor, nanoseconds (version 1; empty on version 2).
    public var cpuPerProcessor: [UInt64] = []
    /// Periods with a quota, those that were throttled, and for how many nanoseconds.
    public var cpuPeriods: UInt64 = 0, cpuThrottledPeriods: UInt64 = 0, cpuThrottledTime: UInt64 = 0
    /// Memory in bytes: now, at most so far, the limit.
    public var memoryUsage: UInt64 = 0, memoryMaximumUsage: UInt64 = 0, memoryLimit: UInt64 = 0
    /// How often the memory limit was hit.
    public var memoryFailures: UInt64 = 0
    /// `memory.stat`, line by line.
    public var memoryDetails: [String: UInt64] = [:]
    /// Tasks: now, and the limit (0: none).
    public var pids: UInt64 = 0, pidsLimit: UInt64 = 0
    /// Bytes and operations by device and direction.
    public var block: [BlockCount] = []

    /// What one device carried.
    public struct BlockCount: Sendable, Equatable {
        /// The device's numbers.
        public var major: UInt64, minor: UInt64
        /// `read` or `write`
        public var direction: String
        /// Bytes so far.
        public var bytes: UInt64
        /// Operations so far.
        public var operations: UInt64
        /// A count.
        public init(major: UInt64, minor: UInt64, direction: String, bytes: UInt64, operations: UInt64) {
            self.major = major
            self.minor = minor
            self.direction = direction
            self.bytes = bytes
            self.operations = operations
        }
    }
    /// Nothing counted.
    public init() {}
}
