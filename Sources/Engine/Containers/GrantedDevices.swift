import CLinux
import Glibc
import Kernel
import OrderedJSON
import Posix

/// The devices that `--device` and `--device-cgroup-rule` grant, and the rates that limit block devices.
enum GrantedDevices {
    /// A device of the machine under a name of the container's.
    struct Device: Sendable, Equatable {
        var node: DeviceNode
        var path: String
        var access: String

        var rule: CgroupLimit.DeviceRule {
            CgroupLimit.DeviceRule(
                allows: true, type: node.type, major: node.major, minor: node.minor, access: access)
        }
    }

    /// Refuses requests for devices that a vendor's driver would give (`--gpus`): there is no such driver here, and
    /// Docker refuses them with this text where none is installed.
    static func checkRequests(of host: JSONObject) throws {
        guard let request = host["DeviceRequests"]?.array?.first else { return }
        let alternatives = (request["Capabilities"]?.array ?? []).map { alternative in
            "[" + (alternative.array ?? []).compactMap(\.string).joined(separator: " ") + "]"
        }
        throw EngineFailure.system(
            "could not select device driver \"\(request["Driver"]?.string ?? "")\" with capabilities: "
                + "[\(alternatives.joined(separator: " "))]")
    }

    /// The devices of `HostConfig.Devices`; all below it for a directory.
    /// - Throws: ``EngineFailure`` with Docker's text for what is missing or no device.
    static func devices(of host: JSONObject) throws -> [Device] {
        try (host["Devices"]?.array ?? []).compactMap(\.object).flatMap { object -> [Device] in
            let source = object.text("PathOnHost")
            let target = object.text("PathInContainer").isEmpty ? source : object.text("PathInContainer")
            let access = object.text("CgroupPermissions").isEmpty ? "rwm" : object.text("CgroupPermissions")
            func refuse(_ problem: String) -> EngineFailure {
                .system("error gathering device information while adding custom device \"\(source)\": \(problem)")
            }
            var status = stat()
            guard stat(source, &status) == 0 else {
                throw refuse(errno == ENOENT ? "no such file or directory" : SystemError.last("").reason)
            }
            if status.st_mode & S_IFMT == S_IFDIR {
                return DeviceNode.all(below: source).map { node in
                    Device(node: node, path: "\(target)/\(node.name)", access: access)
                }
            }
            guard let node = node(source, status) else { throw refuse("not a device node") }
            return [Device(node: node, path: target, access: access)]
        }
    }

    private static func node(_ path: String, _ status: stat) -> DeviceNode? {
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFCHR || kind == S_IFBLK else { return nil }
        return DeviceNode(
            name: path, type: kind == S_IFCHR ? "c" : "b", major: linux_major(UInt64(status.st_rdev)),
            minor: linux_minor(UInt64(status.st_rdev)), mode: status.st_mode & 0o777, uid: status.st_uid,
            gid: status.st_gid)
    }

    /// The rules of `HostConfig.DeviceCgroupRules`, `c 42:* rmw`.
    /// - Throws: ``EngineFailure`` with Docker's text for one of another form.
    static func rules(of host: JSONObject) throws -> [CgroupLimit.DeviceRule] {
        try host.strings("DeviceCgroupRules").map { text in
            let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            let numbers = words.count == 3 ? words[1].split(separator: ":").map(String.init) : []
            func isNumber(_ text: String) -> Bool { text == "*" || UInt32(text) != nil }
            guard words.count == 3, ["a", "b", "c"].contains(words[0]), numbers.count == 2,
                numbers.allSatisfy(isNumber), (1...3).contains(words[2].count),
                words[2].allSatisfy({ "rwm".contains($0) })
            else { throw EngineFailure.invalid("invalid device cgroup rule format: '\(text)'") }
            return CgroupLimit.DeviceRule(
                allows: true, type: words[0].first ?? "a", major: UInt32(numbers[0]), minor: UInt32(numbers[1]),
                access: words[2])
        }
    }

    /// The rates of `--device-read-bps` and its like.
    /// - Throws: ``EngineFailure`` for a path that is no block device.
    static func rates(of host: JSONObject) throws -> [CgroupLimit.BlockRate] {
        let members: [(String, CgroupLimit.BlockRate.Kind)] = [
            ("BlkioDeviceReadBps", .readBytes), ("BlkioDeviceWriteBps", .writeBytes),
            ("BlkioDeviceReadIOps", .readOperations), ("BlkioDeviceWriteIOps", .writeOperations),
        ]
        return try members.flatMap { member, kind in
            try (host[member]?.array ?? []).compactMap(\.object).map { object in
                let device = try blockDevice(object.text("Path"))
                return CgroupLimit.BlockRate(
                    kind: kind, major: device.major, minor: device.minor, rate: UInt64(clamping: object.number("Rate")))
            }
        }
    }

    /// The weight of one block device.
    struct Weight: Sendable, Equatable {
        var major: UInt32, minor: UInt32
        var weight: UInt16
    }

    /// The weights of `--blkio-weight-device`, without those that the kernel can't honour.
    /// - Throws: ``EngineFailure`` for a path that is no block device, and a weight out of range.
    static func weights(of host: JSONObject) throws -> [Weight] {
        try (host["BlkioWeightDevice"]?.array ?? []).compactMap(\.object).compactMap { object in
            let device = try blockDevice(object.text("Path"))
            guard (10...1000).contains(object.number("Weight")) else {
                throw EngineFailure.invalid("Range of blkio weight is from 10 to 1000")
            }
            guard canWeigh(device) else { return nil }
            return Weight(major: device.major, minor: device.minor, weight: UInt16(object.number("Weight")))
        }
    }

    /// Whether a device's scheduler looks at weights: only bfq does (the kernel's `bfq-iosched.rst`).
    private static func canWeigh(_ device: (major: UInt32, minor: UInt32)) -> Bool {
        let place = "/sys/dev/block/\(device.major):\(device.minor)"
        // A partition shares the queue of its disk.
        return ["\(place)/queue/scheduler", "\(place)/../queue/scheduler"].contains { path in
            (try? Files.text(path))?.contains("[bfq]") == true
        }
    }

    private static func blockDevice(_ path: String) throws -> (major: UInt32, minor: UInt32) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw EngineFailure.system("stat \(path): \(SystemError.last("").reason.lowercased())")
        }
        guard status.st_mode & S_IFMT == S_IFBLK else {
            throw EngineFailure.invalid("\(path) is not a block device: its input and output can't be limited")
        }
        return (linux_major(UInt64(status.st_rdev)), linux_minor(UInt64(status.st_rdev)))
    }
}
