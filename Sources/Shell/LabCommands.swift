import DockerCLI
public import EngineClient
import EngineAPI
public import Narration
import OrderedJSON

/// The commands about the lab itself: `node ls`, `node add`, `node rm`, `node link`. They are the same in the shell and
/// as `drydock node …`.
public struct LabCommands: Sendable {
    /// A node that stays, the first: nodes are added and removed through it.
    let client: EngineClient
    /// The node that docker commands go to.
    let current: String
    let voice: ShellVoice
    /// Set where a command is only to be planned: what it would change is asked for instead.
    var plan: PlanCollector?

    /// Commands about the lab behind a client.
    ///
    /// - Parameters:
    ///   - client: A client of node1.
    ///   - current: The node that docker commands go to, marked in lists.
    ///   - language: The language of the answers.
    public init(client: EngineClient, current: String, language: Language) {
        self.client = client
        self.current = current
        voice = ShellVoice(language: language)
    }

    /// What came of a command.
    public struct Answer: Sendable {
        /// What to print.
        public var text = ""
        /// What to print on the error output.
        public var complaint = ""
        /// The exit code.
        public var code: Int32 = 0
        /// The operations whose steps the command caused.
        public var operations: [String] = []

        static func complain(_ text: String, code: Int32 = 1) -> Answer { Answer(complaint: text, code: code) }
    }

    /// Runs a command.
    /// - Parameter words: What follows `node`.
    public func run(_ words: [String]) -> Answer {
        do {
            switch words.first {
            case "ls", "list":
                guard words.count == 1 else { return usage("node ls") }
                return try list()
            case "add": return try add(Array(words.dropFirst()))
            case "rm", "remove": return try remove(Array(words.dropFirst()))
            case "link": return try link(Array(words.dropFirst()))
            default: return usage("node ls | add NAME | rm [-f] NAME | use NAME | link NAME | exec NAME -- COMMAND")
            }
        } catch { return .complain("\(error)") }
    }

    private func usage(_ text: String) -> Answer { .complain(voice.usage(text), code: 2) }

    private func list() throws -> Answer {
        let nodes = try client.request("GET", DrydockAPI.nodesPath).json().array ?? []
        var rows = [["", "NAME", "ADDRESS", "CABLE", "CONTAINERS"]]
        for node in nodes {
            let name = node["Name"]?.string ?? ""
            let running = node["ContainersRunning"]?.integer ?? 0
            let all = node["Containers"]?.integer ?? 0
            rows.append([
                name == current ? "*" : "", name, node["Address"]?.string ?? "", Self.text(ofLink: node["Link"]),
                running == all ? "\(all)" : "\(all) (\(running) running)",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row, widths).map { $0.padding(to: $1) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        return Answer(text: lines.joined())
    }

    /// `up`, `down`, and what disturbs it: `up, loses 10%, at most 1mbit`.
    static func text(ofLink link: JSON?) -> String {
        var parts = [link?["Up"]?.bool == true ? "up" : "down"]
        if let loss = link?["Loss"]?.double, loss > 0 { parts.append("loses \(LinkValue.text(ofPercent: loss))") }
        if let rate = link?["Rate"]?.integer, rate > 0 { parts.append("at most \(LinkValue.text(ofRate: rate))") }
        if let delay = link?["Delay"]?.double, delay > 0 { parts.append("held back \(Int(delay))ms") }
        return parts.joined(separator: ", ")
    }

    private func add(_ names: [String]) throws -> Answer {
        guard !names.isEmpty, !names.contains(where: { $0.hasPrefix("-") }) else { return usage("node add NAME...") }
        var answer = Answer()
        for name in names {
            do {
                let response = try change("POST", DrydockAPI.nodesPath, body: ["Name": .string(name)])
                answer.operations += [response.operation].compactMap { $0 }
                answer.text += voice.nodeIsThere(name, try response.json()["Socket"]?.string ?? "") + "\n"
            } catch let error as EngineError { return failed(answer, error) }
        }
        return answer
    }

    private func remove(_ words: [String]) throws -> Answer {
        let force = words.contains { ["-f", "--force"].contains($0) }
        let names = words.filter { !["-f", "--force"].contains($0) }
        guard !names.isEmpty, !names.contains(where: { $0.hasPrefix("-") }) else {
            return usage("node rm [-f] NAME...")
        }
        var answer = Answer()
        for name in names {
            do {
                let response = try change(
                    "DELETE", "\(DrydockAPI.nodesPath)/\(name)", query: force ? [("force", "1")] : [])
                answer.operations += [response.operation].compactMap { $0 }
                answer.text += voice.nodeIsGone(name) + "\n"
            } catch let error as EngineError { return failed(answer, error) }
        }
        return answer
    }

    private func link(_ words: [String]) throws -> Answer {
        let form = "node link NAME [--up | --down] [--loss 10%] [--rate 1mbit] [--delay 50ms]"
        let request: (name: String, body: JSONObject)
        do throws(LinkMistake) { request = try LinkValue.request(words) } catch {
            return .complain(error.text.isEmpty ? voice.usage(form) : error.text, code: 2)
        }
        var answer = Answer()
        if !request.body.isEmpty {
            do {
                let response = try change(
                    "POST", "\(DrydockAPI.nodesPath)/\(request.name)/link", body: .object(request.body))
                answer.operations += [response.operation].compactMap { $0 }
            } catch let error as EngineError { return failed(answer, error) }
        }
        let nodes = try client.request("GET", DrydockAPI.nodesPath).json().array ?? []
        guard let node = nodes.first(where: { $0["Name"]?.string == request.name }) else {
            return .complain("no such node: \(request.name)")
        }
        answer.text = "\(request.name): \(Self.text(ofLink: node["Link"]))\n"
        return answer
    }

    private func change(
        _ method: String, _ path: String, query: [(String, String)] = [], body: JSON? = nil
    ) throws -> EngineResponse {
        if let plan { return try plan.ask(client, method, path, query, body) }
        return try client.request(method, path, query: query, body: body)
    }

    private func failed(_ answer: Answer, _ error: EngineError) -> Answer {
        var answer = answer
        answer.operations += [error.operation].compactMap { $0 }
        answer.complaint = "\(error)"
        answer.code = 1
        return answer
    }
}

/// A mistake in the words of `node link`; without a text, the usage says it all.
struct LinkMistake: Error {
    var text = ""
}

/// Percentages, rates and times as `tc(8)` writes them.
enum LinkValue {
    /// The node and the request that words mean.
    static func request(_ words: [String]) throws(LinkMistake) -> (name: String, body: JSONObject) {
        var body = JSONObject()
        var names: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch parts[0] {
            case "--up", "--down":
                guard parts.count == 1, body["Up"] == nil else { throw LinkMistake() }
                body["Up"] = .bool(word == "--up")
            case "--loss", "--rate", "--delay":
                guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else { throw LinkMistake() }
                try set(parts[0], value, in: &body)
            case let other where other.hasPrefix("-"): throw LinkMistake()
            default: names.append(word)
            }
        }
        guard names.count == 1 else { throw LinkMistake() }
        return (names[0], body)
    }

    private static func set(_ flag: String, _ value: String, in body: inout JSONObject) throws(LinkMistake) {
        switch flag {
        case "--loss":
            guard let percent = number(value, units: [("%", 1)]) else {
                throw LinkMistake(text: "\"\(value)\" is no loss: write 10%")
            }
            body["Loss"] = .double(percent)
        case "--rate":
            guard
                let rate = number(
                    value, units: [("kbit", 1000), ("mbit", 1_000_000), ("gbit", 1_000_000_000), ("bit", 1)])
            else { throw LinkMistake(text: "\"\(value)\" is no rate: write 1mbit, 64kbit, or 0 for no limit") }
            body["Rate"] = .integer(Int64(rate))
        default:
            guard let milliseconds = number(value, units: [("ms", 1), ("us", 0.001), ("s", 1000)]) else {
                throw LinkMistake(text: "\"\(value)\" is no time: write 50ms")
            }
            body["Delay"] = .double(milliseconds)
        }
    }

    /// A number with one of the units, or 0 without any.
    private static func number(_ text: String, units: [(name: String, factor: Double)]) -> Double? {
        let text = text.lowercased()
        if text == "0" { return 0 }
        for unit in units where text.hasSuffix(unit.name) {
            guard let value = Double(text.dropLast(unit.name.count)), value >= 0, value < 1e12 else { return nil }
            return value * unit.factor
        }
        return nil
    }

    /// Bits a second: `1mbit`.
    static func text(ofRate rate: Int64) -> String {
        for (unit, name) in [(1_000_000_000, "gbit"), (1_000_000, "mbit"), (1000, "kbit")] as [(Int64, String)]
        where rate % unit == 0 {
            return "\(rate / unit)\(name)"
        }
        return "\(rate)bit"
    }

    /// `10%`, `0.5%`
    static func text(ofPercent percent: Double) -> String {
        percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
    }
}

extension String {
    fileprivate func padding(to columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - count))
    }
}

extension Shell {
    /// `topology`: draws the lab.
    func topology() -> LineRunner.Command {
        .own { [keeper, configuration, voice] io in
            do {
                guard configuration.hasLab else { throw LinkMistake(text: voice.noLab) }
                let lab = try keeper.current.request("GET", DrydockAPI.topologyPath).json()
                let drawing = TopologyDrawing(lab, language: voice.language, columns: TerminalGuard.columns())
                LineRunner.write(drawing.text, to: io.output)
                return 0
            } catch {
                LineRunner.write("\((error as? LinkMistake)?.text ?? "\(error)")\n", to: io.errorOutput)
                return 1
            }
        }
    }

    /// `node …`: about the lab, or, with `use`, to which of its nodes docker commands go.
    func lab(_ words: [String]) -> LineRunner.Command {
        let words = Array(words.dropFirst())
        return .own { [keeper, listener, configuration, voice] io in
            let say: (String) -> Void = { LineRunner.write($0 + "\n", to: io.errorOutput) }
            guard configuration.hasLab else {
                say(voice.noLab)
                return 1
            }
            switch words.first {
            case "use" where words.count == 2:
                do { try keeper.go(to: words[1]) } catch {
                    say("\(error)")
                    return 1
                }
                listener.narrator.node = words[1]
                LineRunner.write(voice.onNode(words[1]) + "\n", to: io.output)
                return 0
            case "exec" where words.count > 2:
                guard let onNode = configuration.onNode else { return 1 }
                let command = words.dropFirst(words[2] == "--" ? 3 : 2)
                return onNode(words[1], command.map(Shell.quoted).joined(separator: " "), io)
            default: break
            }
            let client: EngineClient
            do { client = try configuration.reconnect("node1") } catch {
                say("\(error)")
                return 1
            }
            listener.begin()
            let commands = LabCommands(client: client, current: keeper.node, language: voice.language)
            let answer = commands.run(words)
            LineRunner.write(answer.text, to: io.output)
            if !answer.complaint.isEmpty { say("drydock: " + answer.complaint) }
            listener.labOperationsFinished(answer.operations, command: ["node"] + words, on: client)
            return answer.code
        }
    }
}
