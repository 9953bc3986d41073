import Engine
import Glibc
import Posix

/// Where everything that Drydock keeps is, and which kernel it is to use: the environment, read once.
struct DrydockHome: Sendable {
    /// The version that is shown everywhere.
    static let version = "0.1.0"

    /// The directory: `DRYDOCK_HOME`, or `/var/lib/drydock` for root, or `~/.local/share/drydock`.
    let path: String
    /// `DRYDOCK_KERNEL`: `linux` or `simulated`; `nil` takes the real one where that is possible.
    let kernelChoice: String?
    /// `DRYDOCK_UPLINK`: `nat` or `none`, which is the default.
    let uplink: UplinkMode

    init(environment: [String: String]) throws(UsageProblem) {
        if let home = environment["DRYDOCK_HOME"], !home.isEmpty {
            guard home.hasPrefix("/") else { throw UsageProblem("DRYDOCK_HOME is not an absolute path: \(home)") }
            path = home
        } else if geteuid() == 0 {
            path = "/var/lib/drydock"
        } else if let home = environment["HOME"] {
            path = "\(home)/.local/share/drydock"
        } else {
            throw UsageProblem("neither DRYDOCK_HOME nor HOME is set, so there is no place to keep anything")
        }
        let kernel = environment["DRYDOCK_KERNEL"] ?? ""
        guard ["", "linux", "simulated"].contains(kernel) else {
            throw UsageProblem("DRYDOCK_KERNEL is \"\(kernel)\"; it can be linux or simulated")
        }
        kernelChoice = kernel.isEmpty ? nil : kernel
        let uplink = environment["DRYDOCK_UPLINK"] ?? ""
        guard ["", "nat", "none"].contains(uplink) else {
            throw UsageProblem("DRYDOCK_UPLINK is \"\(uplink)\"; it can be nat or none")
        }
        self.uplink = UplinkMode(rawValue: uplink) ?? .none
    }

    /// The socket of a node's Docker Engine API.
    func socket(_ node: String) -> String { "\(path)/\(node).sock" }
    /// The node that docker commands go to when none is named: what `drydock node use` chose, or node1.
    var currentNode: String {
        guard let text = try? Files.text(nodeChoice) else { return "node1" }
        let name = text.filter { !$0.isWhitespace }
        return name.isEmpty || !Files.exists("\(path)/\(name)") ? "node1" : name
    }
    /// The file that names the chosen node.
    var nodeChoice: String { "\(path)/current-node" }
    /// What the engine's process prints.
    var engineLog: String { "\(path)/engine.log" }
    /// Locked by the engine as long as it lives; it holds its process number.
    var lock: String { "\(path)/engine.lock" }

    /// The parent of the engine's cgroups: one for each home, so that two engines never meet in one. Its name ends in
    /// eight digits, always.
    var parentCgroup: String {
        if path == "/var/lib/drydock" { return "drydock" }
        let hash = path.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return "drydock-" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// Something that the user asked for and that can't be, in a sentence.
struct UsageProblem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The process's environment as a dictionary.
func processEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var pointer = environ
    while let entry = pointer.pointee {
        let text = String(cString: entry)
        if let equals = text.firstIndex(of: "=") {
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        pointer += 1
    }
    return variables
}
