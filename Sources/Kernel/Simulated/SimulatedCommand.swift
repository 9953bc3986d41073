import Glibc
import Posix

/// Imitates a few well-known programs on a process's standard streams. What they say comes from the model.
struct SimulatedCommand {
    let process: SimulatedProcess
    let machine: SimulatedMachine
    let streams: SimulatedOutput
    var environment: [String]
    var directory: String

    /// What a command needs from its words.
    private typealias Body = @Sendable (inout SimulatedCommand, [String]) throws(SimulatedProcess.Killed) -> Int32

    private static let bodies: [String: Body] = [
        "true": { _, _ throws(SimulatedProcess.Killed) in 0 }, "false": { _, _ throws(SimulatedProcess.Killed) in 1 },
        "echo": { (me, words) throws(SimulatedProcess.Killed) in try me.echo(words) },
        "sleep": { (me, words) throws(SimulatedProcess.Killed) in try me.sleep(words) },
        "cat": { (me, words) throws(SimulatedProcess.Killed) in try me.cat(words) },
        "hostname": { (me, words) throws(SimulatedProcess.Killed) in try me.hostname(words) },
        "id": { (me, _) throws(SimulatedProcess.Killed) in try me.identity() },
        "whoami": { (me, _) throws(SimulatedProcess.Killed) in try me.whoAmI() },
        "uname": { (me, words) throws(SimulatedProcess.Killed) in try me.unixName(words) },
        "env": { (me, words) throws(SimulatedProcess.Killed) in try me.printEnvironment(words) },
        "pwd": { (me, _) throws(SimulatedProcess.Killed) in try me.say(me.directory) },
        "ps": { (me, _) throws(SimulatedProcess.Killed) in try me.processes() },
        "ls": { (me, words) throws(SimulatedProcess.Killed) in try me.list(words) },
        "mount": { (me, words) throws(SimulatedProcess.Killed) in try me.mounts(words) },
        "ip": { (me, words) throws(SimulatedProcess.Killed) in try me.internet(words) },
        "httpd": { (me, _) throws(SimulatedProcess.Killed) in try me.serve() },
        "hello": { (me, words) throws(SimulatedProcess.Killed) in try me.hello(words) },
    ]

    /// Whether a program is imitated.
    static func imitates(_ name: String) -> Bool { bodies[name] != nil || shells.contains(name) }

    private static let shells: Set<String> = ["sh", "ash", "bash", "dash"]

    /// Runs a program by its words.
    ///
    /// - Parameter executable: The file in the root that it was started from.
    /// - Returns: Its exit status.
    mutating func run(_ words: [String], executable: String) throws(SimulatedProcess.Killed) -> Int32 {
        var words = words.isEmpty ? [executable] : words
        var name = Self.base(words[0])
        if name.hasPrefix("-") { name.removeFirst() }
        if name == "busybox" && words.count > 1 {
            words.removeFirst()
            name = words[0]
        }
        if Self.shells.contains(name) {
            var shell = SimulatedShell(command: self)
            return try shell.run(Array(words.dropFirst()))
        }
        words[0] = executable
        if let body = Self.bodies[name] { return try body(&self, words) }
        if let script = script(executable) {
            var shell = SimulatedShell(command: self)
            return try shell.runScript(script, arguments: [executable] + words.dropFirst())
        }
        try streams.complain("\(name): this kernel is simulated and can't run \(executable)\n")
        return 127
    }

    /// The last element of a path.
    static func base(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    private func script(_ executable: String) -> String? {
        guard let bytes = try? SimulatedRoot(root).read(executable), bytes.starts(with: Array("#!".utf8)),
            let first = bytes.split(separator: 10).first, first.suffix(2).elementsEqual("sh".utf8)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: What the model says

    /// What is mounted where the process is.
    var root: SimulatedMounts {
        machine.world.withLock { world in
            world.tasks[process.pid].flatMap { world.mounts[$0.inode(.mount)] } ?? SimulatedMounts()
        }
    }

    private var task: SimulatedTask? { machine.world.withLock { $0.tasks[process.pid] } }

    /// A path as it is meant in the working directory.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }

    private func say(_ line: String) throws(SimulatedProcess.Killed) -> Int32 {
        try streams.write(line + "\n")
        return 0
    }

    /// Says what failed, as busybox does.
    private func fail(_ name: String, _ object: String, _ code: Int32, status: Int32 = 1)
        throws(SimulatedProcess.Killed) -> Int32
    {
        try streams.complain("\(name): \(object): \(SystemError("", code: code).reason)\n")
        return status
    }

    // MARK: Programs

    private func echo(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        var words = words.dropFirst()
        let newline = words.first == "-n" ? "" : "\n"
        if newline.isEmpty { words = words.dropFirst() }
        try streams.write(words.joined(separator: " ") + newline)
        return 0
    }

    private func sleep(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        guard words.count > 1 else {
            try streams.complain("sleep: missing operand\n")
            return 1
        }
        var total = 0.0
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        for word in words.dropFirst() {
            if word == "infinity" || word == "inf" { total = .infinity; continue }
            let unit = word.last.flatMap { units[$0] }
            guard let number = Double(unit == nil ? word : String(word.dropLast())), number >= 0 else {
                try streams.complain("sleep: invalid number '\(word)'\n")
                return 1
            }
            total += number * (unit ?? 1)
        }
        let milliseconds = total > 1e9 ? nil : Int(total * 1_000)
        switch try streams.rest(milliseconds: milliseconds) {
        case .over: return 0
        case .interrupted: return 130
        case .signal: return 143
        }
    }

    private func cat(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        var status: Int32 = 0
        for word in words.count > 1 ? Array(words.dropFirst()) : ["-"] {
            if word == "-" {
                reading: while true {
                    switch try streams.read() {
                    case .bytes(let bytes):
                        if streams.hasTerminal, bytes.contains(SimulatedTerminal.interrupt) { return 130 }
                        try streams.write(bytes)
                    case .end: break reading
                    case .signal: return 143
                    }
                }
                continue
            }
            do throws(SystemError) {
                let text = try SimulatedFiles(machine: machine, pid: process.pid).text(absolute(word))
                try? streams.write(text)
            } catch { status = try fail("cat", "can't open '\(word)'", error.code) }
        }
        return status
    }

    private func hostname(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        if words.dropFirst().first == "-i" || words.dropFirst().first == "-I" {
            let addresses = machine.world.withLock { world in
                world.tasks[process.pid].flatMap { world.networks[$0.inode(.network)] }?.addresses ?? []
            }
            let own = addresses.filter { $0.linkIndex != 1 && !$0.address.address.isIPv6 }
            return try say(own.map { "\($0.address.address)" }.joined(separator: " "))
        }
        return try say(hostname)
    }

    /// The name in the process's UTS namespace.
    var hostname: String {
        machine.world.withLock { world in world.tasks[process.pid].flatMap { world.names[$0.inode(.uts)]?.host } ?? "" }
    }

    /// A name of `/etc/passwd` or `/etc/group` in the root.
    private func name(_ number: UInt32, in file: String) -> String? {
        let text = (try? SimulatedRoot(root).read(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, UInt32(fields[2]) == number { return String(fields[0]) }
        }
        return nil
    }

    private func identity() throws(SimulatedProcess.Killed) -> Int32 {
        guard let task else { return 1 }
        func shown(_ number: UInt32, _ file: String) -> String {
            "\(number)" + (name(number, in: file).map { "(\($0))" } ?? "")
        }
        var line = "uid=\(shown(task.uid, "/etc/passwd")) gid=\(shown(task.gid, "/etc/group"))"
        let groups = [task.gid] + task.groups.filter { $0 != task.gid }
        line += " groups=" + groups.map { shown($0, "/etc/group") }.joined(separator: ",")
        return try say(line)
    }

    private func whoAmI() throws(SimulatedProcess.Killed) -> Int32 {
        guard let task else { return 1 }
        guard let name = name(task.uid, in: "/etc/passwd") else {
            try streams.complain("whoami: unknown uid \(task.uid)\n")
            return 1
        }
        return try say(name)
    }

    private func unixName(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        let profile = machine.profile
        let fields: [(Character, String)] = [
            ("s", "Linux"), ("n", hostname), ("r", profile.release), ("v", "#1 SMP simulated"), ("m", profile.machine),
            ("o", "GNU/Linux"),
        ]
        let options = words.dropFirst().filter { $0.hasPrefix("-") }.joined()
        let wanted = options.contains("a") ? "snrvmo" : options.isEmpty ? "s" : options
        return try say(fields.filter { wanted.contains($0.0) }.map(\.1).joined(separator: " "))
    }

    private mutating func printEnvironment(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        try streams.write(environment.map { $0 + "\n" }.joined())
        return 0
    }

    /// The processes of the PID namespace.
    private func processes() throws(SimulatedProcess.Killed) -> Int32 {
        let tasks = machine.world.withLock { world in
            let inode = world.tasks[process.pid]?.inode(.pid)
            return world.tasks.values.filter { $0.inode(.pid) == inode }.sorted { $0.ownNumber < $1.ownNumber }
        }
        var text = "PID   USER     TIME  COMMAND\n"
        for task in tasks {
            let user = name(task.uid, in: "/etc/passwd") ?? "\(task.uid)"
            let number = "\(task.ownNumber)"
            let command = task.isZombie ? "[\(task.dumpName)]" : task.arguments.joined(separator: " ")
            text += String(repeating: " ", count: max(0, 5 - number.count)) + number + " "
            text += user + String(repeating: " ", count: max(0, 9 - user.count)) + " 0:00 \(command)\n"
        }
        try streams.write(text)
        return 0
    }

    private func list(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        let options = words.dropFirst().filter { $0.hasPrefix("-") }.joined()
        let paths = words.dropFirst().filter { !$0.hasPrefix("-") }
        let root = SimulatedRoot(root)
        var status: Int32 = 0
        for path in paths.isEmpty ? ["."] : Array(paths) {
            do throws(SystemError) {
                let entries = try root.list(path == "." ? directory : absolute(path))
                if paths.count > 1 { try? streams.write("\(path):\n") }
                for entry in entries {
                    let name = Self.base(entry.path)
                    if name.hasPrefix(".") && !options.contains("a") { continue }
                    try? streams.write(options.contains("l") ? Self.longLine(entry, name) : name + "\n")
                }
            } catch { status = try fail("ls", path, error.code) }
        }
        return status
    }

    private static func longLine(_ entry: SimulatedRoot.Found, _ name: String) -> String {
        let letters: [(UInt32, Character)] = [
            (0o400, "r"), (0o200, "w"), (0o100, "x"), (0o040, "r"), (0o020, "w"), (0o010, "x"), (0o004, "r"),
            (0o002, "w"), (0o001, "x"),
        ]
        let mode = String(entry.type) + String(letters.map { entry.mode & $0.0 != 0 ? $0.1 : "-" })
        let size = "\(entry.size)"
        return
            "\(mode)    1 root     root     \(String(repeating: " ", count: max(0, 9 - size.count)))\(size) \(name)\n"
    }

    private func mounts(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        guard words.count == 1 else {
            try streams.complain("mount: permission denied (are you root?)\n")
            return 1
        }
        let lines = root.entries.map { entry in
            // The first of the file system's own options, `rw` or `ro`, is already among the mount's.
            let own = entry.superOptions.split(separator: ",").dropFirst().map(String.init)
            let options = (entry.options + own).joined(separator: ",")
            return "\(entry.source) on \(entry.target) type \(entry.type) (\(options))\n"
        }
        try streams.write(lines.joined())
        return 0
    }

    /// `ip addr`, `ip link` and `ip route`.
    private func internet(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        let object = words.dropFirst().first { !$0.hasPrefix("-") } ?? ""
        let network = machine.world.withLock { world in
            world.tasks[process.pid].flatMap { world.networks[$0.inode(.network)] }
        }
        guard let network else { return 1 }
        if !object.isEmpty && "route".hasPrefix(object) {
            for route in network.allRoutes where route.destination?.address.isIPv6 != true { _ = try say("\(route)") }
            return 0
        }
        let showsAddresses = "address".hasPrefix(object)
        guard !object.isEmpty, showsAddresses || "link".hasPrefix(object) else {
            try streams.complain("ip: the simulated kernel imitates ip addr, ip link and ip route\n")
            return 1
        }
        for link in network.links {
            let kind = link.name == "lo" ? "LOOPBACK" : "BROADCAST,MULTICAST"
            let state = link.name == "lo" ? "UNKNOWN" : link.isUp ? "UP" : "DOWN"
            let suffix = link.peer.map { "@if\($0.index)" } ?? ""
            let flags = link.isUp ? "\(kind),UP,LOWER_UP" : kind
            _ = try say("\(link.index): \(link.name)\(suffix): <\(flags)> mtu \(link.mtu) state \(state)")
            _ = try say("    link/\(link.name == "lo" ? "loopback" : "ether") \(link.mac?.description ?? "")")
            guard showsAddresses else { continue }
            for assigned in network.addresses where assigned.linkIndex == link.index {
                let family = assigned.address.address.isIPv6 ? "inet6" : "inet"
                _ = try say("    \(family) \(assigned.address) scope global \(link.name)")
            }
        }
        return 0
    }

    /// Serves nobody until it is told to end.
    private func serve() throws(SimulatedProcess.Killed) -> Int32 {
        process.handle([SIGTERM, SIGINT])
        while true {
            switch try streams.rest(milliseconds: nil) {
            case .over: continue
            case .interrupted: return 130
            case .signal: return 128 + (process.takeSignal() ?? SIGTERM)
            }
        }
    }

    /// Writes the greeting that the file holds, if it is a program with one in it.
    private func hello(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        let greeting = Array("\nHello from".utf8)
        guard let path = words.first, let bytes = try? SimulatedRoot(root).read(path),
            let start = bytes.firstIndex(where: { $0 == 10 }).flatMap({ _ in
                bytes.indices.first { bytes[$0...].starts(with: greeting) }
            })
        else {
            try streams.complain("hello: this kernel is simulated and can't run \(words.first ?? "it")\n")
            return 127
        }
        try streams.write(Array(bytes[start...].prefix { $0 != 0 }))
        return 0
    }
}
