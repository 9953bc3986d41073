import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The processes of a container, as the machine numbers them (API: ContainerTop).
    ///
    /// - Parameters:
    ///   - options: Those of `ps(1)`; empty is `-ef`.
    ///   - isQuiet: Whether no event tells of it.
    ///   - operation: The operation of whoever wants to be told of the reading.
    public func top(
        _ reference: String, options: String, isQuiet: Bool = false, operation: String? = nil
    ) throws -> JSON {
        let container = try self.container(reference)
        let life = container.life.current
        guard let running = life.running else {
            throw EngineFailure.conflict("Container \(container.id) is not running")
        }
        if life.state.status == .restarting {
            throw EngineFailure.conflict("Container \(container.id) is restarting")
        }
        let format = try ProcessFormat(options: options)
        let users = UserNames()
        let file = kernel.profile.makesCgroups ? running.cgroup.processesFile : "/proc/\(running.process.pid)/ns/pid"
        let pids = try reading(
            "list processes", of: container, operation: operation, .processesList,
            command: kernel.profile.makesCgroups ? "cat \(file)" : "readlink /proc/*/ns/pid",
            facts: [
                "container": .string(container.name), "file": .string(file),
                "by": kernel.profile.makesCgroups ? "cgroup" : "namespace",
            ],
            read: { [kernel] in try running.processes(kernel) },
            tell: { [kernel] pids in
                let first = pids.first.flatMap { try? kernel.processFile($0, "status") } ?? ""
                let numbers = first.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
                var evidence = [Evidence(source: file, text: pids.map(String.init).joined(separator: " "))]
                if let numbers, let pid = pids.first {
                    evidence.append(
                        Evidence(source: "/proc/\(pid)/status", text: String(numbers.replacing("\t", with: " "))))
                }
                return StepOutcome(facts: ["processes": .integer(Int64(pids.count))], evidence: evidence)
            })
        let rows = pids.compactMap { pid -> JSON? in
            // One that has ended meanwhile has no row.
            guard let process = ProcessFacts(pid, kernel: kernel) else { return nil }
            return .array(format.columns.map { .string($0.kind.text(process, users)) })
        }
        if !isQuiet { publish("top", container) }
        return ["Titles": .array(format.columns.map { .string($0.title) }), "Processes": .array(rows)]
    }
}

/// What `/proc/PID` says of a process (`proc_pid_stat(5)`).
struct ProcessFacts {
    let pid: Int32
    let command: String
    let state: String
    /// The fields of `stat` from the third on, as numbers where they are.
    private let fields: [Substring]
    let arguments: [String]
    let uid: UInt32, realUID: UInt32
    let gid: UInt32, realGID: UInt32
    /// When the machine was started, seconds since 1970.
    let bootTime: Int64
    let memory: Int64

    init?(_ pid: Int32, kernel: any Kernel) {
        guard let text = try? kernel.processFile(pid, "stat"), let open = text.firstIndex(of: "("),
            let close = text.lastIndex(of: ")")
        else { return nil }
        self.pid = pid
        command = String(text[text.index(after: open)..<close])
        fields = text[text.index(after: close)...].split(whereSeparator: \.isWhitespace)
        state = fields.first.map(String.init) ?? "?"
        let line = (try? kernel.processFile(pid, "cmdline")) ?? ""
        arguments = line.split(separator: "\0", omittingEmptySubsequences: false).map(String.init).dropLast(
            line.hasSuffix("\0") ? 1 : 0)
        let status = (try? kernel.processFile(pid, "status")) ?? ""
        func identities(_ name: String) -> [UInt32] {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
            return line.split(whereSeparator: \.isWhitespace).dropFirst().compactMap { UInt32($0) }
        }
        let uids = identities("Uid")
        let gids = identities("Gid")
        realUID = uids.first ?? 0
        uid = uids.count > 1 ? uids[1] : realUID
        realGID = gids.first ?? 0
        gid = gids.count > 1 ? gids[1] : realGID
        bootTime =
            (try? Files.text("/proc/stat"))?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Int64($0.dropFirst(6)) } ?? 0
        memory = kernel.profile.memory
    }

    /// A field of `stat` by its number in the manual.
    private func field(_ number: Int) -> Int64 {
        let index = number - 3
        return fields.indices.contains(index) ? Int64(fields[index]) ?? 0 : 0
    }

    private static let ticks = Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))

    var parent: Int64 { field(4) }
    var group: Int64 { field(5) }
    var session: Int64 { field(6) }
    /// Processor time in seconds.
    var processorTime: Int64 { (field(14) + field(15)) / Self.ticks }
    var priority: Int64 { field(18) }
    var nice: Int64 { field(19) }
    var threads: Int64 { field(20) }
    /// When it was started, seconds since 1970.
    var started: Int64 { bootTime + field(22) / Self.ticks }
    /// For how many seconds it has been there.
    var age: Int64 { max(0, Clock.realtime() / 1_000_000_000 - started) }
    /// Kibibytes of addresses, and of memory.
    var virtualSize: Int64 { field(23) / 1024 }
    var residentSize: Int64 { field(24) * Int64(sysconf(Int32(_SC_PAGESIZE))) / 1024 }
    /// Processor time in proportion to its age, percent with one more digit.
    var processorShare: Double {
        age == 0 ? 0 : Double(field(14) + field(15)) / Double(Self.ticks) / Double(age) * 100
    }
    var memoryShare: Double { memory == 0 ? 0 : Double(residentSize) * 1024 / Double(memory) * 100 }

    /// The controlling terminal: `pts/0`, or `?`.
    var terminal: String {
        let device = UInt32(truncatingIfNeeded: field(7))
        let major = (device >> 8) & 0xFFF
        let minor = (device & 0xFF) | ((device >> 12) & 0xFFF00)
        return (136...143).contains(major) ? "pts/\(minor + (major - 136) * 256)" : "?"
    }

    /// The state with `s` for a session's leader, `l` for several threads, `+` for the terminal's foreground, `<` and
    /// `N` for a priority that was changed (`ps(1)`).
    var longState: String {
        var text = state
        if nice < 0 { text += "<" }
        if nice > 0 { text += "N" }
        if session == Int64(pid) { text += "s" }
        if threads > 1 { text += "l" }
        if field(8) == group, field(7) != 0 { text += "+" }
        return text
    }

    /// The command line, or the name in brackets where there is none.
    var commandLine: String { arguments.isEmpty ? "[\(command)]" : arguments.joined(separator: " ") }
}

/// The names of the machine's users and groups, read from its files: a static program can't ask for more.
struct UserNames {
    private let users: [UInt32: String]
    private let groups: [UInt32: String]

    init() {
        users = Self.read("/etc/passwd")
        groups = Self.read("/etc/group")
    }

    private static func read(_ path: String) -> [UInt32: String] {
        let lines = (try? Files.text(path))?.split(separator: "\n") ?? []
        return Dictionary(
            lines.compactMap { line in
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                return fields.count > 2 ? UInt32(fields[2]).map { ($0, String(fields[0])) } : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    func user(_ number: UInt32) -> String { users[number] ?? String(number) }
    func group(_ number: UInt32) -> String { groups[number] ?? String(number) }
}
