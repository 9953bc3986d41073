import CSeccomp
import Glibc
import Posix
import Synchronization

/// Compiles profiles with libseccomp, each once for a set of capabilities: building Docker's takes longer than all the
/// rest of a container's start.
public final class SeccompCompiler: Sendable {
    private let compiled = Mutex<[Key: SeccompFilter]>([:])
    private let cache: FilterCache?

    /// Everything that a filter depends on, as long as the program runs.
    private struct Key: Hashable {
        var profile: SeccompProfile
        var capabilities: CapabilitySet
    }

    /// A compiler.
    ///
    /// - Parameter cacheDirectory: Where compiled filters are kept between runs; made when it is needed. `nil` keeps
    ///   them in memory only.
    public init(cacheDirectory: String?) { cache = cacheDirectory.map(FilterCache.init) }

    /// The filter of a profile for a container that has these capabilities (its bounding set).
    ///
    /// - Throws: ``SeccompError``
    public func filter(
        _ profile: SeccompProfile, capabilities: CapabilitySet
    ) throws(SeccompError) -> SeccompFilter {
        let key = Key(profile: profile, capabilities: capabilities)
        // The lock is held while compiling: a second container that starts at the same time waits for this filter
        // instead of compiling it as well.
        return try compiled.withLock { known throws(SeccompError) in
            if let filter = known[key] { return filter }
            let filter = try load(profile, capabilities)
            known[key] = filter
            return filter
        }
    }

    private func load(
        _ profile: SeccompProfile, _ capabilities: CapabilitySet
    ) throws(SeccompError) -> SeccompFilter {
        guard let architecture = SeccompProfile.Architecture.native else {
            throw .unsupportedArchitecture("the one this program was built for")
        }
        var names = utsname()
        uname(&names)
        let release = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let kernel = SeccompProfile.KernelVersion(release) ?? SeccompProfile.KernelVersion(5, 12)
        let architectures = [architecture] + (profile.architectures[architecture] ?? [])
        let rules = profile.rules(capabilities: capabilities, architecture: architecture, kernel: kernel)
        let content = Self.content(rules, profile.defaultAction, architectures)
        if let instructions = cache?.read(content) {
            return SeccompFilter(instructions: instructions, name: profile.name)
        }
        let instructions = try FilterBuilder.build(
            rules, defaultAction: profile.defaultAction, native: architecture, others: Array(architectures.dropFirst()))
        cache?.write(instructions, content)
        return SeccompFilter(instructions: instructions, name: profile.name)
    }

    /// All that the instructions depend on, as text: what a cached filter is recognised by.
    private static func content(
        _ rules: [SeccompProfile.Rule], _ defaultAction: SeccompProfile.Action,
        _ architectures: [SeccompProfile.Architecture]
    ) -> String {
        var lines = ["libseccomp \(libraryVersion)", architectures.map(\.rawValue).joined(separator: " ")]
        lines.append(String(defaultAction.code))
        for rule in rules {
            let comparisons = rule.arguments.map { "\($0.index) \($0.comparison.rawValue) \($0.value) \($0.masked)" }
            lines.append("\(rule.action.code) [\(comparisons.joined(separator: ", "))]")
            lines += rule.names
        }
        return lines.joined(separator: "\n")
    }

    /// libseccomp's version, such as `2.5.4`.
    public static var libraryVersion: String {
        guard let version = seccomp_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }
}

/// Why a profile could not be compiled.
public enum SeccompError: Error, Sendable, Equatable, CustomStringConvertible {
    /// libseccomp does not know the architecture.
    case unsupportedArchitecture(String)
    /// libseccomp refused a rule.
    case rule(call: String, code: Int32)
    /// libseccomp could not do its work.
    case library(operation: String, code: Int32)
    /// The result is longer than the kernel takes: 4096 instructions (BPF_MAXINSNS).
    case tooLong(instructions: Int)

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .unsupportedArchitecture(let name):
            "system calls of \(name) cannot be filtered: libseccomp does not know it"
        case .rule(let call, let code):
            "\(SystemError("adding the rule for \(call) to a system call filter", code: code))"
        case .library(let operation, let code): "\(SystemError(operation, code: code))"
        case .tooLong(let count): "the system call filter has \(count) instructions; the kernel takes at most 4096"
        }
    }
}
