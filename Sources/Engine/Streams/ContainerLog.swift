import Glibc
import OrderedJSON
import Posix

/// Which of a process's two outputs a piece came from.
public enum OutputStream: String, Sendable {
    case standardOutput = "stdout"
    case standardError = "stderr"

    /// The number in the frames of a multiplexed stream.
    var frameNumber: UInt8 { self == .standardOutput ? 1 : 2 }
}

/// A container's log on disk, in Docker's `json-file` form: one JSON object a line of output.
///
/// Lines longer than 16 KiB are cut in pieces without a final newline, as Docker does.
final class ContainerLog: Sendable {
    private struct State {
        var file: Descriptor?
        var size: Int64
        /// What has come of a line that has not ended yet.
        var unfinished: [OutputStream: [UInt8]] = [:]
        /// Goes up with each write; readers that follow wait for it.
        var writes = 0
        var isOpen = true
    }

    /// How `--log-opt` has it rotated.
    struct Rotation: Sendable {
        /// The size at which a new file is begun, bytes; `nil` never.
        var maximumSize: Int64?
        /// How many files are kept, this one included.
        var files: Int

        /// From the options `max-size` (`10m`) and `max-file` (`3`).
        init(options: JSON?) {
            maximumSize = options?["max-size"]?.string.flatMap(Self.bytes)
            files = options?["max-file"]?.string.flatMap { Int($0) } ?? 1
        }

        /// A size such as `10m`: kibi-, mebi- and gibibytes, as Docker reads it; `nil` for any other text.
        static func bytes(_ text: String) -> Int64? {
            let units: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
            guard let last = text.lowercased().last else { return nil }
            guard let unit = units[last] else { return Int64(text) }
            return Int64(text.dropLast()).map { $0 * unit }
        }
    }

    static let lineLimit = 16 * 1024

    let path: String
    private let rotation: Rotation
    /// What each line says of its container, as a member of its object with the comma before it; empty for nothing.
    private let attributes: String
    private let state: Monitor<State>

    init(path: String, rotation: Rotation, attributes: LogAttributes = LogAttributes()) throws(SystemError) {
        self.path = path
        self.rotation = rotation
        self.attributes = attributes.values.isEmpty ? "" : ",\"attrs\":\(attributes.json.text())"
        let file = try Self.open(path)
        var status = stat()
        fstat(file.number, &status)
        state = Monitor(State(file: file, size: Int64(status.st_size)))
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
    }

    /// Adds output; whole lines are written at once, the rest waits for its end.
    func append(_ bytes: ArraySlice<UInt8>, from stream: OutputStream) throws(SystemError) {
        let time = Timestamp.full(now())
        try state.withLock { (state) throws(SystemError) in
            var text: [UInt8] = []
            var rest = bytes
            while !rest.isEmpty {
                var line = state.unfinished[stream] ?? []
                let room = Self.lineLimit - line.count
                let window = rest.prefix(room)
                if let end = window.firstIndex(of: 0x0A) {
                    line += rest[rest.startIndex...end]
                    rest = rest[(end + 1)...]
                } else {
                    line += window
                    rest = rest.dropFirst(window.count)
                    if line.count < Self.lineLimit {
                        state.unfinished[stream] = line
                        break
                    }
                }
                state.unfinished[stream] = nil
                write(line, stream, time, into: &text)
            }
            try write(text, &state)
        }
    }

    /// Writes what has no newline yet: the container has ended.
    func finish() throws(SystemError) {
        let time = Timestamp.full(now())
        try state.withLock { (state) throws(SystemError) in
            var text: [UInt8] = []
            for stream in [OutputStream.standardOutput, .standardError] {
                if let line = state.unfinished.removeValue(forKey: stream), !line.isEmpty {
                    write(line, stream, time, into: &text)
                }
            }
            try write(text, &state)
        }
    }

    private func write(_ text: [UInt8], _ state: inout State) throws(SystemError) {
        guard !text.isEmpty else { return }
        var rest = text[...]
        while !rest.isEmpty {
            let part = rotation.maximumSize.map { Self.lines(of: rest, upTo: $0 - state.size) } ?? rest
            if part.isEmpty {
                try rotate(&state)
                continue
            }
            guard let file = state.file else { return }
            try file.write(Array(part))
            state.size += Int64(part.count)
            rest = rest[part.endIndex...]
        }
        state.writes += 1
    }

    /// The lines that begin within so many bytes: as on Docker, a file ends with the line that reaches its limit.
    private static func lines(of text: ArraySlice<UInt8>, upTo room: Int64) -> ArraySlice<UInt8> {
        var end = text.startIndex
        while end < text.endIndex, Int64(end - text.startIndex) < room {
            end = (text[end...].firstIndex(of: 0x0A) ?? text.endIndex - 1) + 1
        }
        return text[..<end]
    }

    private func rotate(_ state: inout State) throws(SystemError) {
        for number in stride(from: rotation.files - 1, to: 0, by: -1) {
            rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
        }
        if rotation.files <= 1 { truncate(path, 0) }
        state.file = try Self.open(path)
        state.size = 0
    }

    /// One line of the file, written by hand: this is the hot path of everything a container prints.
    private func write(_ line: [UInt8], _ stream: OutputStream, _ time: String, into text: inout [UInt8]) {
        text += "{\"log\":\"".utf8
        var isASCII = true
        for byte in line where byte >= 0x80 {
            isASCII = false
            break
        }
        let clean = isASCII ? line : Array(String(decoding: line, as: UTF8.self).utf8)
        for byte in clean {
            switch byte {
            case UInt8(ascii: "\""): text += [0x5C, 0x22]
            case UInt8(ascii: "\\"): text += [0x5C, 0x5C]
            case 0x0A: text += [0x5C, 0x6E]
            case 0x0D: text += [0x5C, 0x72]
            case 0x09: text += [0x5C, 0x74]
            case 0..<0x20:
                text += "\\u00".utf8
                text += (byte < 16 ? "0" : "").utf8
                text += String(byte, radix: 16).utf8
            default: text.append(byte)
            }
        }
        text += "\",\"stream\":\"\(stream.rawValue)\"\(attributes),\"time\":\"\(time)\"}\n".utf8
    }

    private func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// How many writes there have been; with it a reader waits for the next.
    var writes: Int { state.current.writes }

    /// Waits for a write after the given number of them, or for the end.
    /// - Returns: Whether more may come: false when the log is closed and nothing was written since.
    func waitForMore(after writes: Int, seconds: Double) -> Bool {
        state.wait(seconds: seconds) { state in
            if state.writes > writes { return true }
            return state.isOpen ? nil : false
        } ?? true
    }

    /// No more will come.
    func close() {
        state.withLock { state in
            state.isOpen = false
            state.file = nil
        }
    }
}
