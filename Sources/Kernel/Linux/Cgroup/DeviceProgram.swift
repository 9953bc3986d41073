import CLinux
import Glibc
import Posix

/// The devices controller of cgroup version 2: a program in eBPF that the kernel runs when a process of the group opens
/// or makes a device (BPF_PROG_TYPE_CGROUP_DEVICE, `bpf(2)`, kernel `cgroup-v2.rst`).
///
/// For each kind of access the last rule about the device decides, as with version 1; without one it is denied.
struct DeviceProgram: Sendable, Equatable {
    /// The instructions in order.
    let instructions: [Instruction]

    /// An instruction of eBPF (RFC 9669): 8 bytes.
    struct Instruction: Sendable, Equatable {
        var code: UInt8
        var destination: UInt8 = 0
        var source: UInt8 = 0
        var offset: Int16 = 0
        var immediate: Int32 = 0
    }

    // The registers. The kernel passes `struct bpf_cgroup_dev_ctx` in register 1.
    private static let result: UInt8 = 0, context: UInt8 = 1
    private static let type: UInt8 = 2, access: UInt8 = 3, major: UInt8 = 4, minor: UInt8 = 5

    // Opcodes (RFC 9669).
    static let loadWord: UInt8 = 0x61, move: UInt8 = 0xB7, moveRegister: UInt8 = 0xBF, and: UInt8 = 0x57
    static let shiftRight: UInt8 = 0x77, jumpIfEqual: UInt8 = 0x15, jumpIfNotEqual: UInt8 = 0x55, exit: UInt8 = 0x95

    // `linux/bpf.h`
    private static let programType: UInt32 = 15, attachType: UInt32 = 6
    private static let allowMulti: UInt32 = 2, replace: UInt32 = 4

    /// BPF_DEVCG_ACC_MKNOD, _READ, _WRITE
    static func mask(_ access: String) -> Int32 {
        (access.contains("m") ? 1 : 0) | (access.contains("r") ? 2 : 0) | (access.contains("w") ? 4 : 0)
    }

    /// Translates rules. They are looked at from the last to the first; each takes away the kinds of access it grants
    /// from those that are still asked for, and the device may be used when none is left.
    init(_ rules: [CgroupLimit.DeviceRule]) {
        var program = [
            Instruction(code: Self.loadWord, destination: Self.type, source: Self.context, offset: 0),
            Instruction(code: Self.moveRegister, destination: Self.access, source: Self.type),
            Instruction(code: Self.and, destination: Self.type, immediate: 0xFFFF),
            Instruction(code: Self.shiftRight, destination: Self.access, immediate: 16),
            Instruction(code: Self.loadWord, destination: Self.major, source: Self.context, offset: 4),
            Instruction(code: Self.loadWord, destination: Self.minor, source: Self.context, offset: 8),
        ]
        var isDecided = false
        for rule in rules.reversed() where !isDecided {
            let block = Self.block(rule)
            program += block
            // The kernel refuses instructions that can't be reached.
            isDecided = block.count == 2
        }
        if !isDecided { program += Self.end(allowing: false) }
        instructions = program
    }

    private static func end(allowing: Bool) -> [Instruction] {
        [Instruction(code: move, destination: result, immediate: allowing ? 1 : 0), Instruction(code: exit)]
    }

    /// One rule; it is passed over by jumping to its end.
    private static func block(_ rule: CgroupLimit.DeviceRule) -> [Instruction] {
        var conditions: [Instruction] = []
        // BPF_DEVCG_DEV_BLOCK, _CHAR
        if rule.type == "b" || rule.type == "c" {
            conditions.append(
                Instruction(code: jumpIfNotEqual, destination: type, immediate: rule.type == "b" ? 1 : 2))
        }
        if let number = rule.major {
            conditions.append(
                Instruction(code: jumpIfNotEqual, destination: major, immediate: Int32(truncatingIfNeeded: number)))
        }
        if let number = rule.minor {
            conditions.append(
                Instruction(code: jumpIfNotEqual, destination: minor, immediate: Int32(truncatingIfNeeded: number)))
        }
        let mask = mask(rule.access)
        var block = conditions
        if mask != 7 && rule.allows {
            block.append(Instruction(code: and, destination: access, immediate: ~mask & 7))
            block.append(Instruction(code: jumpIfNotEqual, destination: access, immediate: 0))
        } else if mask != 7 {
            block.append(Instruction(code: moveRegister, destination: result, source: access))
            block.append(Instruction(code: and, destination: result, immediate: mask))
            block.append(Instruction(code: jumpIfEqual, destination: result, immediate: 0))
        }
        block += end(allowing: rule.allows)
        for index in block.indices where block[index].code == jumpIfNotEqual || block[index].code == jumpIfEqual {
            block[index].offset = Int16(block.count - index - 1)
        }
        return block
    }

    /// The instructions as the kernel takes them.
    var bytes: [UInt8] {
        var writer = NetlinkWriter()
        for instruction in instructions {
            writer.append(instruction.code)
            writer.append(instruction.destination | instruction.source << 4)
            writer.append(instruction.offset)
            writer.append(instruction.immediate)
        }
        return writer.bytes
    }

    /// Loads the program and attaches it to a group of the unified hierarchy, in place of an earlier one.
    ///
    /// The kernel keeps it as long as the group exists.
    func attach(to directory: String) throws(SystemError) {
        let group = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
        let code = bytes
        let program = Descriptor(
            owning: try check("loading a device program") {
                linux_bpf_load(Self.programType, code, UInt32(instructions.count))
            })
        var old: Descriptor?
        if let identifier = try Self.identifiers(group).first {
            old = Descriptor(owning: try check("finding a device program") { linux_bpf_program(identifier) })
        }
        try check("attaching a device program to \(directory)") {
            linux_bpf_attach(
                group.number, program.number, Self.attachType, Self.allowMulti | (old == nil ? 0 : Self.replace),
                old?.number ?? 0)
        }
    }

    private static func identifiers(_ group: Descriptor) throws(SystemError) -> [UInt32] {
        var identifiers = [UInt32](repeating: 0, count: 64)
        var count = UInt32(identifiers.count)
        try check("listing device programs") { linux_bpf_query(group.number, attachType, &identifiers, &count) }
        return Array(identifiers.prefix(Int(count)))
    }

    /// The programs that are attached to a group now.
    static func attached(to directory: String) -> [CgroupReading] {
        guard let group = try? Descriptor.open(directory, O_RDONLY | O_DIRECTORY),
            let identifiers = try? identifiers(group)
        else { return [] }
        return identifiers.map { CgroupReading(path: directory, value: "cgroup_device program \($0)") }
    }
}
