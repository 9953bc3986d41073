import EngineAPI
import Kernel
import Posix

/// One `-v SOURCE:TARGET[:OPTIONS]` as the API has it in `HostConfig.Binds`.
struct BindMount: Sendable, Equatable {
    /// The directory or file on the machine.
    var source: String
    /// Where it appears in the container.
    var target: String
    var isReadOnly = false
    var propagation = MountPropagation.rprivate
    /// The options as given.
    var mode = ""

    /// - Throws: ``EngineFailure`` with Docker's text for what can't be right.
    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, !parts[1].isEmpty else {
            throw EngineFailure.invalid("invalid volume specification: '\(text)'")
        }
        guard parts[1].hasPrefix("/") else {
            throw EngineFailure.invalid(
                "invalid volume specification: '\(text)': invalid mount config for type \"bind\": invalid mount path: '\(parts[1])' mount path must be absolute"
            )
        }
        guard Self.clean(parts[1]) != "/" else {
            throw EngineFailure.invalid(
                "invalid volume specification: '\(text)': invalid mount config for type \"bind\": invalid specification: destination can't be '/'"
            )
        }
        source = Self.clean(parts[0])
        target = Self.clean(parts[1])
        guard parts.count == 3 else { return }
        mode = parts[2]
        for option in mode.split(separator: ",").map(String.init) {
            switch option {
            case "ro": isReadOnly = true
            case "rw", "z", "Z", "nocopy", "consistent", "cached", "delegated": continue
            default:
                guard let propagation = MountPropagation(rawValue: option) else {
                    throw EngineFailure.invalid("invalid mode: \(mode)")
                }
                self.propagation = propagation
            }
        }
    }

    /// A path without empty and `.` parts, and with `..` resolved by its text.
    static func clean(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
