import EngineClient
import OrderedJSON

/// `docker top`
enum TopCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let options = context.arguments.dropFirst().joined(separator: " ")
        let query = options.isEmpty ? [] : [("ps_args", options)]
        let answer = try context.json("GET", "/containers/\(context.arguments[0])/top", query: query)
        var text = (answer["Titles"]?.array ?? []).compactMap(\.string).joined(separator: "\t") + "\n"
        for process in answer["Processes"]?.array ?? [] {
            text += (process.array ?? []).compactMap(\.string).joined(separator: "\t") + "\n"
        }
        context.io.print(TabWriter(minimumWidth: 20).align(text))
        return 0
    }
}

/// `docker diff`
enum DiffCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        if context.arguments[0].isEmpty { throw CommandFailure("Container name cannot be empty") }
        let changes = try context.json("GET", "/containers/\(context.arguments[0])/changes").array ?? []
        let rows = changes.map { change in
            let kind = ["C", "A", "D"]
            let index = Int(clamping: change["Kind"]?.integer ?? 0)
            return TemplateRow(
                "*container.diffContext",
                [
                    ("Type", .string(kind.indices.contains(index) ? kind[index] : "")),
                    ("Path", .string(change["Path"]?.string ?? "")),
                ])
        }
        let format = TableFormat(headings: ["Type": "CHANGE TYPE", "Path": "PATH"], table: #"{{.Type}}\t{{.Path}}"#)
        context.io.print(try format.text("{{.Type}} {{.Path}}", rows))
        return 0
    }
}

/// `docker port`
enum PortCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let name = context.arguments[0]
        let ports =
            try context.json("GET", "/containers/\(name)/json")["NetworkSettings"]?["Ports"]?.object ?? JSONObject()
        func bindings(_ value: JSON) -> [String] {
            (value.array ?? []).map { RowText.hostPort($0["HostIp"]?.string ?? "", $0["HostPort"]?.string ?? "") }
        }
        if context.arguments.count > 1 {
            let asked = context.arguments[1]
            if let complaint = PortText.complaint(aboutPort: asked) {
                throw CommandFailure("Error: invalid port (\(asked)): \(complaint)")
            }
            let port = asked.contains("/") ? asked : "\(asked)/tcp"
            guard let value = ports[port], !bindings(value).isEmpty else {
                throw CommandFailure("Error: No public port '\(asked)' published for \(name)")
            }
            for binding in bindings(value) { context.io.printLine(binding) }
            return 0
        }
        var lines: [String] = []
        for (port, value) in ports { lines += bindings(value).map { "\(port) -> \($0)" } }
        for line in lines.sorted(by: NaturalOrder.isLess) { context.io.printLine(line) }
        return 0
    }
}

/// Sorts texts so that numbers in them count as numbers: `9/tcp` before `80/tcp`.
enum NaturalOrder {
    static func isLess(_ left: String, _ right: String) -> Bool {
        var (a, b) = (Substring(left), Substring(right))
        while let first = a.first, let second = b.first {
            if first.isNumber && second.isNumber {
                let (m, n) = (a.prefix(while: \.isNumber), b.prefix(while: \.isNumber))
                if let x = UInt64(m), let y = UInt64(n), x != y { return x < y }
                if m.count != n.count { return m.count < n.count }
                a = a.dropFirst(m.count)
                b = b.dropFirst(n.count)
            } else {
                if first != second { return first < second }
                a = a.dropFirst()
                b = b.dropFirst()
            }
        }
        return a.isEmpty && !b.isEmpty
    }
}

/// `docker logs`
enum LogsCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let container = try context.json("GET", "/containers/\(context.arguments[0])/json")
        let id = container["Id"]?.string ?? context.arguments[0]
        var query = [("stdout", "1"), ("stderr", "1")]
        for flag in ["since", "until"] {
            if let text = parsed.stringIfSet(flag), !text.isEmpty {
                query.append((flag, try Timestamps.query(text, flag: flag)))
            }
        }
        for flag in ["timestamps", "details", "follow"] where parsed.bool(flag) { query.append((flag, "1")) }
        query.append(("tail", parsed.string("tail")))
        let stream = try context.stream("GET", "/containers/\(id)/logs", query: query)
        let interruption = Interruption { stream.close() }
        defer { stream.close() }
        let hasTerminal = container["Config"]?["Tty"]?.bool ?? false
        var demultiplexer = StreamDemultiplexer()
        var isRead = true
        while isRead, let bytes = try stream.read() {
            if hasTerminal {
                isRead = CommandIO.write(bytes, to: context.io.output)
            } else {
                isRead = demultiplexer.feed(bytes) { stream, piece in
                    CommandIO.write(
                        Array(piece),
                        to: stream == .error || stream == .system ? context.io.errorOutput : context.io.output)
                }
            }
        }
        if let code = interruption.end() { throw CommandFailure("", code: code) }
        return 0
    }
}
