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

/// A container's log on disk, in one of Docker's forms.
///
/// Lines longer than 16 KiB are cut in pieces without a final newline, as Docker does.
final class ContainerLog: Sendable {
    private struct State {
        var file: Descriptor?
        var size: Int64
        /// What has come of a line that has not ended yet.
        var unfinished: [OutputStream: [UInt8]] = [:]
        /// The last piece of a line that goes on, in the form that tells it.
        var pieces: [OutputStream: PartialLine] = [:]
        /// Goes up with each write; readers that follow wait for it.
        var writes = 0
        var isOpen = true
    }

    static let lineLimit = 16 * 1024

    let path: String
    private let form: LogForm
    private let rotation: LogRotation
    /// What each line says of its container, as a member of its object with the comma before it; empty for nothing.
    private let attributes: String
    private let state: Monitor<State>
    /// Whether an earlier file is being compressed.
    private let isCompressing = Monitor(false)

    init(
        path: String, form: LogForm = .jsonFile, rotation: LogRotation, attributes: LogAttributes = LogAttributes()
    ) throws(SystemError) {
        self.path = path
        self.form = form
        self.rotation = rotation
        self.attributes = attributes.values.isEmpty ? "" : ",\"attrs\":\(attributes.json.text())"
        let file = try Self.open(path)
        var status = stat()
        fstat(file.number, &status)
        state = Monitor(State(file: file, size: Int64(status.st_size)))
        // What an engine that died had not compressed yet.
        try compress()
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o640)
    }

    /// Adds output; whole lines are written at once, the rest waits for its end.
    func append(_ bytes: ArraySlice<UInt8>, from stream: OutputStream) throws(SystemError) {
        let time = now()
        let text = Timestamp.full(time)
        try state.withLock { (state) throws(SystemError) in
            var records = Records()
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
                write(line, stream, (time, text), into: &records, &state)
            }
            try write(records, &state)
        }
    }

    /// Writes what has no newline yet: the container has ended.
    func finish() throws(SystemError) {
        let time = now()
        let text = Timestamp.full(time)
        try state.withLock { (state) throws(SystemError) in
            var records = Records()
            for stream in [OutputStream.standardOutput, .standardError] {
                if let line = state.unfinished.removeValue(forKey: stream), !line.isEmpty {
                    write(line, stream, (time, text), into: &records, &state)
                }
            }
            try write(records, &state)
        }
    }

    /// Lines as they lie in the file, and where each ends.
    private struct Records {
        var bytes: [UInt8] = []
        var ends: [Int] = []
    }

    private func write(_ records: Records, _ state: inout State) throws(SystemError) {
        guard !records.ends.isEmpty else { return }
        var (start, first) = (0, 0)
        while first < records.ends.count {
            // The lines that begin within the limit: as on Docker, a file ends with the line that reaches it.
            let room = rotation.maximumSize.map { $0 - state.size } ?? .max
            var (end, next) = (start, first)
            while next < records.ends.count, Int64(end - start) < room {
                end = records.ends[next]
                next += 1
            }
            if next == first {
                try rotate(&state)
                continue
            }
            guard let file = state.file else { return }
            try file.write(Array(records.bytes[start..<end]))
            state.size += Int64(end - start)
            (start, first) = (end, next)
        }
        state.writes += 1
    }

    private func rotate(_ state: inout State) throws(SystemError) {
        // The names move on only when the last file lies there under its final one.
        _ = isCompressing.wait { $0 ? nil : true }
        rotation.shift(path)
        state.file = try Self.open(path)
        state.size = 0
        try compress()
    }

    /// Compresses the last earlier file, on a thread of its own: a container does not wait for it.
    private func compress() throws(SystemError) {
        guard rotation.compresses, Files.exists("\(path).1") else { return }
        isCompressing.withLock { $0 = true }
        let (rotation, path, isCompressing) = (rotation, path, isCompressing)
        do throws(SystemError) {
            try Thread.start("compress log") {
                // A file that could not be compressed stays as it is, and is read as it is.
                do { try rotation.compress(path) } catch { print("compressing \(path).1: \(error)") }
                isCompressing.withLock { $0 = false }
            }
        } catch {
            isCompressing.withLock { $0 = false }
            throw error
        }
    }

    private func write(
        _ line: [UInt8], _ stream: OutputStream, _ time: (number: Int64, text: String), into records: inout Records,
        _ state: inout State
    ) {
        switch form {
        case .jsonFile: write(line, stream, time.text, into: &records.bytes)
        case .local:
            let isWhole = line.last == 0x0A
            var partial = state.pieces.removeValue(forKey: stream)
            if partial != nil || !isWhole {
                partial = PartialLine(
                    isLast: isWhole, id: partial?.id ?? Identifier.make(), number: (partial?.number ?? 0) + 1)
                if !isWhole { state.pieces[stream] = partial }
            }
            records.bytes += LocalLogEntry.encoded(
                isWhole ? line.dropLast() : line[...], stream, time: time.number, partial: partial)
        }
        records.ends.append(records.bytes.count)
    }

    /// One line in the form `json-file`, written by hand: this is the hot path of everything a container prints.
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
