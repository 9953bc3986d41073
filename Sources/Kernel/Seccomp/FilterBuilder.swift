import CLinux
import CSeccomp
import Glibc
import Posix

/// Builds one filter with libseccomp.
enum FilterBuilder {
    /// Compiles rules to the instructions of classic BPF.
    static func build(
        _ rules: [SeccompProfile.Rule], defaultAction: SeccompProfile.Action, native: SeccompProfile.Architecture,
        others: [SeccompProfile.Architecture]
    ) throws(SeccompError) -> [UInt8] {
        let filter = try Context(defaultAction)
        // libseccomp translates a call's number from the native architecture to the others by its name. A call that it
        // has no name for can be added natively only, so the others are built apart and merged.
        let highest = try add(rules, to: filter, defaultAction: defaultAction, includesUnnamed: true)
        if !others.isEmpty {
            let foreign = try Context(defaultAction)
            for other in others { try foreign.add(other) }
            try foreign.remove(native)
            _ = try add(rules, to: foreign, defaultAction: defaultAction, includesUnnamed: false)
            try filter.merge(foreign)
        }
        var instructions = try filter.export()
        if case .fail = defaultAction { instructions = answerUnknown(after: highest) + instructions }
        let size = MemoryLayout<sock_filter>.size
        guard instructions.count / size <= 4096 else { throw .tooLong(instructions: instructions.count / size) }
        return instructions
    }

    /// Adds all rules.
    ///
    /// - Returns: The highest number of all calls that the rules name.
    private static func add(
        _ rules: [SeccompProfile.Rule], to filter: Context, defaultAction: SeccompProfile.Action, includesUnnamed: Bool
    ) throws(SeccompError) -> Int32 {
        var highest: Int32 = 0
        for rule in rules {
            for name in rule.names {
                var number = seccomp_syscall_resolve_name(name)
                if number == Self.unknown {
                    guard includesUnnamed, let known = NewerSystemCalls.number(of: name) else { continue }
                    number = known
                }
                highest = max(highest, number)
                // libseccomp takes a rule that changes nothing for a mistake.
                if rule.action == defaultAction { continue }
                try filter.add(rule, name, number)
            }
        }
        return highest
    }

    /// __NR_SCMP_ERROR
    private static let unknown: Int32 = -1

    /// Instructions that answer ENOSYS to calls newer than every call that the profile names.
    ///
    /// The profile's authors could not have meant to forbid them, and a C library that meets EPERM instead of ENOSYS
    /// does not fall back to the older call. (runc does the same.) Numbers from 0xF0000 on are ARM's own and x32's.
    private static func answerUnknown(after highest: Int32) -> [UInt8] {
        let program = [
            // Load the call's number, the first field of struct seccomp_data.
            sock_filter(code: 0x20, jt: 0, jf: 0, k: 0),
            // Is it greater than the highest known, and below the private ranges? Otherwise go on to the rules.
            sock_filter(code: 0x25, jt: 0, jf: 2, k: UInt32(bitPattern: highest)),
            sock_filter(code: 0x35, jt: 1, jf: 0, k: 0x000F_0000),
            sock_filter(code: 0x06, jt: 0, jf: 0, k: SeccompProfile.Action.fail(UInt16(ENOSYS)).code),
        ]
        return program.withUnsafeBytes { Array($0) }
    }
}

/// `struct sock_filter` (`linux/filter.h`): one instruction of classic BPF.
private struct sock_filter {
    var code: UInt16
    var jt: UInt8
    var jf: UInt8
    var k: UInt32
}

/// A filter that libseccomp is building.
private final class Context {
    private var filter: scmp_filter_ctx?

    init(_ defaultAction: SeccompProfile.Action) throws(SeccompError) {
        guard let made = seccomp_init(defaultAction.code) else {
            throw .library(operation: "making a system call filter", code: ENOMEM)
        }
        filter = made
        // 2: a binary tree over the calls' numbers instead of a list. A library older than 2.5 keeps its list.
        seccomp_attr_set(made, SCMP_FLTATR_CTL_OPTIMIZE, 2)
    }

    deinit { if let filter { seccomp_release(filter) } }

    func add(_ architecture: SeccompProfile.Architecture) throws(SeccompError) {
        try check("adding architecture \(architecture)", seccomp_arch_add(filter, try token(architecture)))
    }

    func remove(_ architecture: SeccompProfile.Architecture) throws(SeccompError) {
        try check("removing architecture \(architecture)", seccomp_arch_remove(filter, try token(architecture)))
    }

    private func token(_ architecture: SeccompProfile.Architecture) throws(SeccompError) -> UInt32 {
        let token = seccomp_arch_resolve_name(architecture.rawValue)
        if token == 0 { throw .unsupportedArchitecture(architecture.rawValue) }
        return token
    }

    func add(_ rule: SeccompProfile.Rule, _ name: String, _ number: Int32) throws(SeccompError) {
        let comparisons = rule.arguments.map { argument in
            scmp_arg_cmp(
                arg: argument.index, op: scmp_compare(UInt32(argument.comparison.rawValue)), datum_a: argument.value,
                datum_b: argument.masked)
        }
        let code = seccomp_rule_add_array(filter, rule.action.code, number, UInt32(comparisons.count), comparisons)
        if code != 0 { throw .rule(call: name, code: -code) }
    }

    /// Takes over another filter, of other architectures.
    func merge(_ other: Context) throws(SeccompError) {
        try check("merging system call filters", seccomp_merge(filter, other.filter))
        other.filter = nil
    }

    /// The instructions. libseccomp writes them to a file, which here is only memory.
    func export() throws(SeccompError) -> [UInt8] {
        do throws(SystemError) {
            let file = Descriptor(owning: try Posix.check("making a file in memory") { linux_memfd("filter") })
            let code = seccomp_export_bpf(filter, file.number)
            if code != 0 { throw SystemError("exporting a system call filter", code: -code) }
            lseek(file.number, 0, SEEK_SET)
            return try file.readToEnd()
        } catch {
            throw .library(operation: error.operation, code: error.code)
        }
    }

    private func check(_ operation: String, _ code: Int32) throws(SeccompError) {
        if code != 0 { throw .library(operation: operation, code: -code) }
    }
}

extension SeccompProfile.Action {
    /// SCMP_ACT_… (`seccomp_rule_add(3)`), which is SECCOMP_RET_… as well.
    var code: UInt32 {
        switch self {
        case .allow: 0x7FFF_0000
        case .fail(let number): 0x0005_0000 | UInt32(number)
        case .log: 0x7FFC_0000
        case .trap: 0x0003_0000
        case .trace(let number): 0x7FF0_0000 | UInt32(number)
        case .killThread: 0
        case .killProcess: 0x8000_0000
        }
    }
}
