import EngineClient
import Glibc
import OrderedJSON
import Posix

/// `docker stats`
enum StatsCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let format = context.parsed.string("format")
        let truncates = !context.parsed.bool("no-trunc")
        if context.parsed.bool("no-stream") {
            let samples = try names(context).map { name in
                StatsSample(
                    asked: name,
                    json: try context.json("GET", "/containers/\(name)/stats", query: [("stream", "0")]))
            }
            context.io.print(try StatsRows.table.text(format, samples.map { StatsRows.row($0, truncates: truncates) }))
            return 0
        }
        return try watch(context, format, truncates: truncates)
    }

    private static func names(_ context: CommandContext) throws -> [String] {
        if !context.arguments.isEmpty { return context.arguments }
        let query = context.parsed.bool("all") ? [("all", "1")] : []
        return (try context.json("GET", "/containers/json", query: query).array ?? []).compactMap { $0["Id"]?.string }
    }

    /// Shows the latest numbers twice a second until interrupted.
    private static func watch(_ context: CommandContext, _ format: String, truncates: Bool) throws -> Int32 {
        let collector = StatsCollector(context: context)
        let isStopped = Monitor(false)
        let interruption = Interruption { isStopped.withLock { $0 = true } }
        var tick = 0
        while !isStopped.current {
            if tick % 4 == 0 { collector.follow(try names(context)) }
            tick += 1
            _ = isStopped.wait(seconds: 0.5) { $0 ? true : nil }
            let rows = collector.samples.map { StatsRows.row($0, truncates: truncates) }
            var text = try StatsRows.table.text(format, rows)
            if context.io.writesToTerminal {
                // Each line is cleared to its end and the rest of the screen below, so that nothing old stays.
                text = "\u{1B}[H" + GoText.split(text, "\n").joined(separator: "\u{1B}[K\n") + "\u{1B}[J"
            }
            if !CommandIO.write(Array(text.utf8), to: context.io.output) { break }
            if !context.arguments.isEmpty && collector.isIdle { break }
        }
        collector.stop()
        if let code = interruption.end() { throw CommandFailure("", code: code) }
        return 0
    }
}

/// One reading of a container's counters.
struct StatsSample: Sendable {
    /// The name that was asked for.
    var asked: String
    var json: JSON
}

/// Reads the counters of several containers at a time.
private final class StatsCollector: Sendable {
    private struct State: Sendable {
        var order: [String] = []
        var latest: [String: StatsSample] = [:]
        var streams: [String: EngineStream] = [:]
        var isStopped = false
    }

    private let context: CommandContext
    private let state = Monitor(State())

    init(context: CommandContext) { self.context = context }

    var samples: [StatsSample] {
        let state = state.current
        return state.order.compactMap { state.latest[$0] }
    }

    var isIdle: Bool { state.withLock { $0.streams.isEmpty } }

    /// Starts to read containers that are new and drops those that have gone.
    func follow(_ names: [String]) {
        let fresh = state.withLock { state in
            state.order = names
            return names.filter { state.streams[$0] == nil }
        }
        for name in fresh {
            do {
                let stream = try context.stream("GET", "/containers/\(name)/stats")
                state.withLock { $0.streams[name] = stream }
                try Thread.start("stats") { [self] in read(name, stream) }
            } catch {
                // A container that vanished between the list and this request has no numbers.
                state.withLock { $0.order.removeAll { $0 == name } }
            }
        }
    }

    private func read(_ name: String, _ stream: EngineStream) {
        do {
            while let json = try stream.nextJSON() {
                state.withLock { $0.latest[name] = StatsSample(asked: name, json: json) }
            }
        } catch {
            stream.close()
        }
        state.withLock { $0.streams[name] = nil }
    }

    func stop() {
        let streams = state.withLock { Array($0.streams.values) }
        for stream in streams { stream.close() }
    }
}

/// The columns of `docker stats`, computed as Docker's client does.
enum StatsRows {
    static let table = TableFormat(
        headings: [
            "Container": "CONTAINER", "ID": "CONTAINER ID", "Name": "NAME", "CPUPerc": "CPU %",
            "MemUsage": "MEM USAGE / LIMIT", "MemPerc": "MEM %", "NetIO": "NET I/O", "BlockIO": "BLOCK I/O",
            "PIDs": "PIDS",
        ],
        table:
            #"{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}"#)

    static func row(_ sample: StatsSample, truncates: Bool) -> TemplateRow {
        let json = sample.json
        let memory = self.memory(json["memory_stats"])
        let limit = json["memory_stats"]?["limit"]?.double ?? 0
        let (received, sent) = network(json["networks"])
        let (read, written) = blocks(json["blkio_stats"])
        let id = json["id"]?.string ?? ""
        let name = json["name"]?.string ?? ""
        return TemplateRow(
            "*container.statsContext",
            [
                ("Container", .string(sample.asked)),
                ("ID", .string(truncates ? Truncation.id(id) : id)),
                ("Name", .string(name.hasPrefix("/") ? String(name.dropFirst()) : name)),
                ("CPUPerc", .string(GoFormat.c("%.2f", cpu(json)) + "%")),
                ("MemUsage", .string("\(SizeText.binary(memory)) / \(SizeText.binary(limit))")),
                ("MemPerc", .string(GoFormat.c("%.2f", limit > 0 ? memory / limit * 100 : 0) + "%")),
                ("NetIO", .string("\(SizeText.human(received)) / \(SizeText.human(sent))")),
                ("BlockIO", .string("\(SizeText.human(read)) / \(SizeText.human(written))")),
                ("PIDs", .string(String(json["pids_stats"]?["current"]?.integer ?? 0))),
            ])
    }

    /// The share of one processor's time since the reading before.
    static func cpu(_ json: JSON) -> Double {
        let (now, before) = (json["cpu_stats"], json["precpu_stats"])
        let used =
            (now?["cpu_usage"]?["total_usage"]?.double ?? 0) - (before?["cpu_usage"]?["total_usage"]?.double ?? 0)
        let whole = (now?["system_cpu_usage"]?.double ?? 0) - (before?["system_cpu_usage"]?.double ?? 0)
        var processors = now?["online_cpus"]?.double ?? 0
        if processors == 0 { processors = Double(now?["cpu_usage"]?["percpu_usage"]?.array?.count ?? 0) }
        return used > 0 && whole > 0 ? used / whole * processors * 100 : 0
    }

    /// Memory without the page cache that can be given back at once.
    static func memory(_ stats: JSON?) -> Double {
        let usage = stats?["usage"]?.double ?? 0
        for name in ["total_inactive_file", "inactive_file"] {
            if let cache = stats?["stats"]?[name]?.double, cache < usage { return usage - cache }
        }
        return usage
    }

    private static func network(_ stats: JSON?) -> (Double, Double) {
        var total = (0.0, 0.0)
        for (_, interface) in stats?.object ?? JSONObject() {
            total.0 += interface["rx_bytes"]?.double ?? 0
            total.1 += interface["tx_bytes"]?.double ?? 0
        }
        return total
    }

    private static func blocks(_ stats: JSON?) -> (Double, Double) {
        var total = (0.0, 0.0)
        for entry in stats?["io_service_bytes_recursive"]?.array ?? [] {
            switch entry["op"]?.string?.lowercased().first {
            case "r": total.0 += entry["value"]?.double ?? 0
            case "w": total.1 += entry["value"]?.double ?? 0
            default: break
            }
        }
        return total
    }
}
