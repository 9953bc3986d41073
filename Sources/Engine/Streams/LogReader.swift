import Glibc
import OrderedJSON
import Posix

/// What `docker logs` asks for.
public struct LogsRequest: Sendable {
    /// Which outputs.
    public var standardOutput = true, standardError = true
    /// Whether to go on with what comes.
    public var follows = false
    /// The last so many lines only; `nil` is all.
    public var tail: Int?
    /// Nothing before, nothing after: nanoseconds since 1970.
    public var since: Int64?, until: Int64?
    /// Whether each line begins with its time.
    public var timestamps = false
    /// Whether each line shows the attributes that `--log-opt labels` and `env` have kept.
    public var details = false
    /// All there is.
    public init() {}
}

/// Reads a log, rotated files first.
struct LogReader {
    let path: String
    var form = LogForm.jsonFile
    let request: LogsRequest

    /// One line.
    struct Line {
        var text: [UInt8]
        var stream: OutputStream
        var time: String
        var attributes: LogAttributes
    }

    /// Calls a body with each line asked for, as bytes ready to be sent. What was read is not kept, so that neither a long
    /// log nor a container that prints faster than its lines are sent takes memory; only the lines of a `tail` are.
    ///
    /// - Parameters:
    ///   - log: The log while the container runs; `nil` when nothing more can come.
    ///   - isWanted: Whether the reader is still there.
    ///   - send: Takes a line. It throws when the client is gone.
    func read(
        log: ContainerLog?, isWanted: () -> Bool, send: (OutputStream, [UInt8]) throws -> Void
    ) throws {
        // The count is taken before reading: a write in between is noticed as a new one.
        var writes = log?.writes ?? 0
        var kept: [Line] = []
        func pass(_ line: Line) throws {
            if isAskedFor(line) { try send(line.stream, render(line)) }
        }
        func keepOrPass(_ line: Line) throws {
            guard let tail = request.tail else { return try pass(line) }
            guard isAskedFor(line) else { return }
            kept.append(line)
            if kept.count - tail >= 1024 { kept.removeFirst(kept.count - tail) }
        }
        for file in try LogRotation.earlierFiles(of: path) {
            var partial: [UInt8] = []
            try drain(file, &partial, while: isWanted, keepOrPass)
        }
        var file = try? Descriptor.open(path, O_RDONLY)
        var partial: [UInt8] = []
        var inode = file.map { status($0).inode } ?? 0
        // As much as there is now: a container that goes on printing would never let this end.
        if let file { try drain(.plain(file), &partial, upTo: status(file).size, while: isWanted, keepOrPass) }
        if let tail = request.tail { for line in kept.suffix(tail) { try send(line.stream, render(line)) } }
        kept = []
        guard request.follows, let log else { return }
        while isWanted() {
            let mayBeMore = log.waitForMore(after: writes, seconds: 1)
            writes = log.writes
            if let file { try drain(.plain(file), &partial, while: isWanted, pass) }
            // After a rotation the open file is the old one, read to its end above; the path names the new one.
            if let next = try? Descriptor.open(path, O_RDONLY), status(next).inode != inode {
                inode = status(next).inode
                file = next
                partial = []
                try drain(.plain(next), &partial, while: isWanted, pass)
            }
            if let until = request.until, now() > until { return }
            if !mayBeMore { return }
        }
    }

    private func status(_ file: Descriptor) -> (inode: UInt64, size: Int) {
        var status = stat()
        return fstat(file.number, &status) == 0 ? (UInt64(status.st_ino), Int(status.st_size)) : (0, 0)
    }

    private func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Hands on the lines that there are; the piece of a line that has no end yet stays in `partial`.
    private func drain(
        _ file: LogFile, _ partial: inout [UInt8], upTo limit: Int = .max, while isWanted: () -> Bool,
        _ body: (Line) throws -> Void
    ) throws {
        var left = limit
        while left > 0, isWanted() {
            let piece = try file.read(upTo: min(1 << 16, left))
            if piece.isEmpty { return }
            left -= piece.count
            partial += piece
            var start = partial.startIndex
            while let (entry, next) = entry(in: partial[start...]) {
                if let line = parse(entry) { try body(line) }
                start = next
            }
            partial.removeSubrange(..<start)
        }
    }

    /// The first entry of what was read, and where the next begins; `nil` where none is whole.
    private func entry(in bytes: ArraySlice<UInt8>) -> (entry: ArraySlice<UInt8>, next: Int)? {
        switch form {
        case .jsonFile:
            guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
            return (bytes[..<end], end + 1)
        case .local:
            guard let length = LocalLogEntry.length(bytes), bytes.count >= length + 2 * LocalLogEntry.frame else {
                return nil
            }
            let start = bytes.startIndex + LocalLogEntry.frame
            return (bytes[start..<start + length], start + length + LocalLogEntry.frame)
        }
    }

    private func parse(_ bytes: ArraySlice<UInt8>) -> Line? {
        if form == .local {
            guard let entry = LocalLogEntry.decoded(bytes) else { return nil }
            return Line(
                text: entry.line, stream: entry.stream, time: Timestamp.full(entry.time), attributes: LogAttributes())
        }
        guard let json = try? JSON(parsing: bytes), let text = json["log"]?.string, let time = json["time"]?.string,
            let stream = json["stream"]?.string.flatMap(OutputStream.init(rawValue:))
        else { return nil }
        return Line(
            text: Array(text.utf8), stream: stream, time: time,
            attributes: request.details ? LogAttributes(json["attrs"]) : LogAttributes())
    }

    private func isAskedFor(_ line: Line) -> Bool {
        if line.stream == .standardOutput ? !request.standardOutput : !request.standardError { return false }
        guard request.since != nil || request.until != nil else { return true }
        guard let time = Timestamp.parse(line.time) else { return true }
        if let since = request.since, time < since { return false }
        if let until = request.until, time > until { return false }
        return true
    }

    private func render(_ line: Line) -> [UInt8] {
        // Where there are no attributes to show, Docker shows an empty word.
        let prefix = (request.timestamps ? line.time + " " : "") + (request.details ? line.attributes.shown + " " : "")
        return Array(prefix.utf8) + line.text
    }
}
