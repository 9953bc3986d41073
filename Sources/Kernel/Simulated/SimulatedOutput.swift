import Glibc
import Posix

/// The standard streams of an imitated program. Each call ends early when the process is killed.
final class SimulatedOutput {
    private let process: SimulatedProcess
    private let streams: SpawnRequest.StandardStreams
    /// Whether they are a terminal.
    let hasTerminal: Bool
    private var buffered: [UInt8] = []

    init(process: SimulatedProcess, streams: SpawnRequest.StandardStreams, hasTerminal: Bool) {
        self.process = process
        self.streams = streams
        self.hasTerminal = hasTerminal
    }

    /// Writes to the standard output. A reader that has gone ends the process as SIGPIPE does.
    func write(_ text: String) throws(SimulatedProcess.Killed) { try write(Array(text.utf8), to: streams.output) }

    /// Writes bytes to the standard output.
    func write(_ bytes: [UInt8]) throws(SimulatedProcess.Killed) { try write(bytes, to: streams.output) }

    /// Writes to the standard error output.
    func complain(_ text: String) throws(SimulatedProcess.Killed) { try write(Array(text.utf8), to: streams.error) }

    private func write(_ bytes: [UInt8], to descriptor: Descriptor) throws(SimulatedProcess.Killed) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // A pipe that is ready takes this much without blocking (`pipe(7)`, PIPE_BUF).
            let piece = Array(rest.prefix(4096))
            while try process.wait(for: descriptor, events: POLLOUT) == .signal { break }
            do throws(SystemError) { try descriptor.write(piece) } catch {
                if error.code == EPIPE { process.end(by: SIGPIPE) }
                if process.fatalSignal != nil { throw SimulatedProcess.Killed() }
                return
            }
            rest = rest.dropFirst(piece.count)
        }
    }

    /// What an attempt to read gave.
    enum Input: Equatable {
        case bytes([UInt8])
        case end
        /// A handled signal came instead.
        case signal
    }

    /// Reads what is there, waiting for the first byte.
    func read() throws(SimulatedProcess.Killed) -> Input {
        if !buffered.isEmpty {
            defer { buffered = [] }
            return .bytes(buffered)
        }
        if try process.wait(for: streams.input) == .signal { return .signal }
        let bytes = (try? streams.input.read(upTo: 65_536)) ?? []
        return bytes.isEmpty ? .end : .bytes(bytes)
    }

    /// What an attempt to read a line gave.
    enum Line: Equatable {
        case text(String)
        case interrupted
        case end
        case signal
    }

    /// Reads a line, without its newline.
    func readLine() throws(SimulatedProcess.Killed) -> Line {
        while true {
            let ends: [UInt8] = hasTerminal ? [10, SimulatedTerminal.interrupt] : [10]
            if let end = buffered.firstIndex(where: { ends.contains($0) }) {
                let line = String(decoding: buffered[..<end], as: UTF8.self)
                let isInterrupt = buffered[end] == SimulatedTerminal.interrupt
                buffered.removeFirst(end + 1)
                return isInterrupt ? .interrupted : .text(line)
            }
            let held = buffered
            buffered = []
            switch try read() {
            case .bytes(let bytes): buffered = held + bytes
            case .signal:
                buffered = held
                return .signal
            case .end: return held.isEmpty ? .end : .text(String(decoding: held, as: UTF8.self))
            }
        }
    }

    /// How a rest ended.
    enum Rest {
        case over
        case interrupted
        case signal
    }

    /// Waits for some time, or for ever; Ctrl-C on the terminal and handled signals end it.
    func rest(milliseconds: Int?) throws(SimulatedProcess.Killed) -> Rest {
        let clock = ContinuousClock()
        let deadline = milliseconds.map { clock.now + .milliseconds($0) }
        while true {
            let left = deadline.map { max(0, Int(clock.now.duration(to: $0) / .milliseconds(1))) }
            switch try process.wait(for: hasTerminal ? streams.input : nil, milliseconds: left) {
            case .timeout: return .over
            case .signal: return .signal
            case .ready:
                let bytes = (try? streams.input.read(upTo: 4096)) ?? []
                if bytes.contains(SimulatedTerminal.interrupt) { return .interrupted }
                if bytes.isEmpty { return .interrupted }
                buffered += bytes
            }
        }
    }
}
