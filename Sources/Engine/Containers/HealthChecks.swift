import Glibc
import OrderedJSON
import Posix
import Steps

/// How a container says it is (`HEALTHCHECK`, `--health-cmd`).
struct Health: Sendable, Equatable, Codable {
    /// Docker's names.
    enum Status: String, Sendable, Codable { case starting, healthy, unhealthy }

    /// What one check gave.
    struct Result: Sendable, Equatable, Codable {
        /// Nanoseconds since 1970.
        var start: Int64
        var end: Int64
        var exitCode: Int32
        var output: String
    }

    var status = Status.starting
    /// How many checks in a row have failed.
    var failingStreak = 0
    /// The latest five.
    var log: [Result] = []

    /// The object of `State.Health` in `docker inspect`.
    var json: JSON {
        [
            "Status": .string(status.rawValue), "FailingStreak": .integer(Int64(failingStreak)),
            "Log": .array(
                log.map { result in
                    [
                        "Start": .string(Timestamp.text(result.start)), "End": .string(Timestamp.text(result.end)),
                        "ExitCode": .integer(Int64(result.exitCode)), "Output": .string(result.output),
                    ]
                }),
        ]
    }

    /// What `docker ps` adds to the state.
    var words: String { status == .starting ? "health: starting" : status.rawValue }

    /// Takes a check's result in.
    mutating func take(_ result: Result, retries: Int, isInStartPeriod: Bool) {
        log.append(result)
        if log.count > 5 { log.removeFirst() }
        if result.exitCode == 0 {
            failingStreak = 0
            status = .healthy
            return
        }
        // A container that is still starting up may fail without being counted.
        if status == .starting, isInStartPeriod { return }
        failingStreak += 1
        if failingStreak >= retries { status = .unhealthy }
    }
}

/// How a container's health is checked, with Docker's defaults filled in.
struct HealthCheck: Sendable, Equatable {
    var command: [String]
    /// Seconds.
    var interval: Double
    var timeout: Double
    var startPeriod: Double
    var startInterval: Double
    var retries: Int

    /// The check of a container's settings; `nil` when there is none, or it was turned off.
    init?(_ config: JSONObject) {
        guard let check = config["Healthcheck"]?.object else { return nil }
        let test = check.strings("Test")
        switch test.first {
        case "CMD": command = Array(test.dropFirst())
        case "CMD-SHELL":
            let shell = config.strings("Shell")
            command = (shell.isEmpty ? ["/bin/sh", "-c"] : shell) + test.dropFirst()
        default: return nil
        }
        guard !command.isEmpty else { return nil }
        func seconds(_ name: String, _ missing: Double) -> Double {
            let value = check.number(name)
            return value == 0 ? missing : Double(value) / 1e9
        }
        interval = seconds("Interval", 30)
        timeout = seconds("Timeout", 30)
        startPeriod = seconds("StartPeriod", 0)
        startInterval = seconds("StartInterval", 5)
        retries = check.number("Retries") == 0 ? 3 : Int(check.number("Retries"))
    }

    /// Refuses what Docker refuses.
    static func check(_ config: JSONObject) throws {
        guard let check = config["Healthcheck"]?.object else { return }
        for name in ["Interval", "Timeout", "StartPeriod", "StartInterval"] {
            let value = check.number(name)
            guard value == 0 || value >= 1_000_000 else {
                throw EngineFailure.invalid("\(name) in Healthcheck cannot be less than 1ms")
            }
        }
        guard check.number("Retries") >= 0 else {
            throw EngineFailure.invalid("Retries in Healthcheck cannot be negative")
        }
    }
}

extension Node {
    /// Checks a container's health from time to time, as long as this start of it runs.
    func watchHealth(of container: Container, startedAt: Int64) throws {
        guard let check = HealthCheck(container.life.current.definition.configObject) else { return }
        try Thread.start("health " + container.shortID) { [self] in
            while true {
                let life = container.life.current
                let age = Double(Clock.realtime() - startedAt) / 1e9
                let isStarting = life.state.health?.status == .starting && age < check.startPeriod
                let pause = isStarting ? min(check.startInterval, check.interval) : check.interval
                if container.life.wait(seconds: pause, for: { Self.isOver($0, startedAt) ? true : nil }) != nil {
                    return
                }
                // What stands still can't answer, and is not ill for that.
                if container.life.current.state.status != .running { continue }
                probe(container, check, startedAt: startedAt)
            }
        }
    }

    /// Whether this start of a container has ended.
    private static func isOver(_ life: Container.Life, _ startedAt: Int64) -> Bool {
        life.isRemoved || life.running == nil || life.state.startedAt != startedAt
    }

    private func probe(_ container: Container, _ check: HealthCheck, startedAt: Int64) {
        let begin = Clock.realtime()
        let (code, output) = runProbe(container, check)
        let result = Health.Result(start: begin, end: Clock.realtime(), exitCode: code, output: output)
        let isInStartPeriod = Double(begin - startedAt) / 1e9 < check.startPeriod
        let changed = container.life.withLock { life -> Health.Status? in
            // A check that the container's end cut short says nothing.
            guard !Self.isOver(life, startedAt), var health = life.state.health else { return nil }
            let before = health.status
            health.take(result, retries: check.retries, isInStartPeriod: isInStartPeriod)
            life.state.health = health
            return health.status == before ? nil : health.status
        }
        if let changed { publish("health_status: \(changed.rawValue)", container) }
    }

    /// Runs the check's command in the container, as `docker exec` would.
    /// - Returns: Its exit code and the first 4096 bytes of what it printed.
    private func runProbe(_ container: Container, _ check: HealthCheck) -> (code: Int32, output: String) {
        do {
            let body: JSON = [
                "Cmd": .strings(check.command), "AttachStdout": true, "AttachStderr": true,
            ]
            let id = try createExec(container.id, body: body)
            defer { _ = execs.withLock { $0.removeValue(forKey: id) } }
            let (ours, theirs) = try UnixSocket.pair()
            var wishes = Attachment.Wishes()
            wishes.output = true
            wishes.error = true
            let attachment = Attachment(descriptor: theirs, early: [], wishes: wishes) { _ in
                shutdown(theirs.number, Int32(SHUT_RDWR))
            }
            try startExec(id, attachment: attachment, operation: StepRunner.newOperation())
            let session = try exec(id)
            let startTime = kernel.processStartTime(session.life.current.pid)
            var output: [UInt8] = []
            let deadline = Clock.monotonic() + Int64(min(check.timeout, 1e9) * 1e9)
            while true {
                let left = (deadline - Clock.monotonic()) / 1_000_000
                var waiting = pollfd(fd: ours.number, events: Int16(POLLIN), revents: 0)
                guard left > 0, poll(&waiting, 1, Int32(clamping: left)) > 0 else { break }
                let piece = try ours.read(upTo: 4096)
                if piece.isEmpty { break }
                output += piece.prefix(max(0, 4096 - output.count))
            }
            let left = max(0, Double(deadline - Clock.monotonic()) / 1e9)
            let code = session.life.wait(seconds: left) { $0.isRunning ? nil : $0.exitCode }
            if let code { return (code, String(decoding: output, as: UTF8.self)) }
            if let startTime { kernel.killStray(pid: session.life.current.pid, startTime: startTime) }
            return (-1, "Health check exceeded timeout (\(Self.goSeconds(check.timeout)))")
        } catch { return (-1, "\(error)") }
    }

    /// Seconds as Go writes a duration: `2s`, `300ms`, `1m30s`.
    private static func goSeconds(_ seconds: Double) -> String {
        if seconds < 1 { return "\(Int((seconds * 1000).rounded()))ms" }
        let whole = Int(seconds)
        let fraction = seconds - Double(whole)
        let last = fraction == 0 ? "\(whole % 60)s" : "\(Double(whole % 60) + fraction)s"
        if whole < 60 { return last }
        return whole < 3600 ? "\(whole / 60)m\(last)" : "\(whole / 3600)h\(whole / 60 % 60)m\(last)"
    }
}
