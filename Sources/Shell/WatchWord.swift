import DockerCLI
import EngineAPI
import EngineClient
import Glibc
import Narration
import OrderedJSON
import Posix

/// `watch`: a command again and again, or what the engine does for anybody.
extension Shell {
    /// `watch docker …`, `watch steps`
    func watch(_ arguments: [String]) -> LineRunner.Command {
        switch arguments.first {
        case "steps" where arguments.count == 1: return watchSteps()
        case "docker" where arguments.count > 1: return watchCommand(Array(arguments.dropFirst()))
        default: return own(.complain(voice.usage("watch steps | watch docker ...")))
        }
    }

    private func watchCommand(_ words: [String]) -> LineRunner.Command {
        .own { [keeper, voice] io in
            guard let keys = KeyTerminal(io.input) else {
                LineRunner.write(voice.watchNeedsTerminal + "\n", to: io.errorOutput)
                return 1
            }
            defer { keys.restore() }
            let say: (String) -> Void = { LineRunner.write($0 + "\n", to: 2) }
            let line = (["docker"] + words.map(Self.quoted)).joined(separator: " ")
            while true {
                guard let client = keeper.alive(duringCommand: false, voice: voice, say: say) else { return 1 }
                let docker = DockerCommandLine(
                    client: client, io: io, observer: nil, hints: false, columns: { TerminalGuard.columns() })
                // Home, the new picture, and what is left of the old one away: without a blank screen in between.
                LineRunner.write("\u{1B}[H\u{1B}[J" + voice.watching(line) + "\n\n", to: io.output)
                let code = docker.run(words)
                if code != 0 { return code }
                if keys.waitsForEnd(seconds: 2) { return 0 }
            }
        }
    }

    /// A live account of all that is done in the engine, by whichever client.
    private func watchSteps() -> LineRunner.Command {
        .own { [keeper, listener, voice] io in
            guard let keys = KeyTerminal(io.input) else {
                LineRunner.write(voice.watchNeedsTerminal + "\n", to: io.errorOutput)
                return 1
            }
            defer { keys.restore() }
            let feed = StepFeed()
            let stream: EngineStream
            do {
                let since = String(StepFeed.now())
                stream = try keeper.current.stream(
                    "GET", DrydockAPI.stepsPath, query: [("follow", "1"), ("since", since)])
                try feed.begin(stream)
            } catch {
                LineRunner.write(voice.failed("watch", "\(error)") + "\n", to: io.errorOutput)
                return 1
            }
            defer { stream.close() }
            LineRunner.write(voice.watchingSteps + "\n", to: io.output)
            while true {
                if keys.waitsForEnd(seconds: 0.1) { return 0 }
                for records in feed.takeSettled() {
                    var narrator = listener.narrator
                    if narrator.level == .off { narrator.level = .brief }
                    LineRunner.write(narrator.narrate(records, command: []), to: io.output)
                }
                if feed.hasEnded {
                    LineRunner.write(voice.engineWent + "\n", to: io.errorOutput)
                    return 1
                }
            }
        }
    }
}

extension KeyTerminal {
    /// Waits for a key that ends something: `q`, Ctrl-C, Ctrl-D.
    /// - Returns: Whether one came in time.
    func waitsForEnd(seconds: Double) -> Bool {
        var poll = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let left = ContinuousClock.now.duration(to: end).components
            let milliseconds = max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000)
            if Glibc.poll(&poll, 1, Int32(milliseconds)) <= 0 {
                if ContinuousClock.now >= end { return false }
                continue
            }
            var byte: UInt8 = 0
            let count = read(number, &byte, 1)
            if count == 0 || [UInt8(ascii: "q"), 0x03, 0x04].contains(byte) { return true }
        }
    }
}

/// The records that come in, gathered by operation until an operation pauses: it is told in pieces of some sense.
private final class StepFeed: Sendable {
    private struct State {
        var order: [String] = []
        var records: [String: [StepRecord]] = [:]
        var latest: [String: ContinuousClock.Instant] = [:]
        var hasEnded = false
    }

    private let state = Monitor(State())

    /// Nanoseconds since 1970.
    static func now() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    var hasEnded: Bool { state.current.hasEnded }

    /// Reads a stream on a thread of its own.
    func begin(_ stream: EngineStream) throws {
        try Thread.start("steps") { [self] in
            defer { state.withLock { $0.hasEnded = true } }
            while let line = try? stream.nextJSON() {
                guard let record = try? line.decode(StepRecord.self, keys: .asDeclared) else { continue }
                state.withLock { state in
                    if state.records[record.operation] == nil { state.order.append(record.operation) }
                    state.records[record.operation, default: []].append(record)
                    state.latest[record.operation] = ContinuousClock.now
                }
            }
        }
    }

    /// The records of operations that have done nothing for a moment, or ended; each record once.
    func takeSettled() -> [[StepRecord]] {
        state.withLock { state in
            let now = ContinuousClock.now
            let settled = state.order.filter { operation in
                (state.latest[operation].map { $0 + .milliseconds(200) <= now } ?? true) || state.hasEnded
            }
            state.order.removeAll { settled.contains($0) }
            return settled.compactMap { operation in
                state.latest[operation] = nil
                return state.records.removeValue(forKey: operation)
            }
        }
    }
}
