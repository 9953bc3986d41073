import Glibc
public import Posix
import Synchronization

/// What a connection's bytes pass through where they are not sent as they are: TLS.
public protocol ByteTransport: Sendable {
    /// Reads at least one byte and at most `count`; none at the end.
    func read(upTo count: Int) throws(SystemError) -> [UInt8]
    /// Writes some bytes.
    /// - Returns: How many, at least 1.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int
}

/// A connection that reads ahead: what came after a message's head stays for the next reader.
///
/// One thread reads at a time and one writes; both may work at once, and any thread may call ``shutDown()``, which
/// wakes them. No lock is held while a write waits.
public final class BufferedConnection: Sendable {
    /// The socket, or one end of a pipe in tests.
    public let descriptor: Descriptor
    private let readAhead: Mutex<ReadAhead>
    private let transport: (any ByteTransport)?

    /// Takes over a connected descriptor.
    /// - Parameters:
    ///   - buffered: Bytes that someone else read already.
    ///   - transport: What all bytes pass through; `nil` sends them as they are.
    public init(_ descriptor: Descriptor, buffered: [UInt8] = [], through transport: (any ByteTransport)? = nil) {
        self.descriptor = descriptor
        self.transport = transport
        readAhead = Mutex(ReadAhead(bytes: buffered))
    }

    /// Reads a message's head, up to and with its empty line.
    ///
    /// - Parameter limits: A longer head is refused without reading its end.
    /// - Returns: The head's bytes; `nil` if the connection ended before the first of them.
    /// - Throws: ``HTTPFailure``.
    public func readHead(limits: HeadLimits = .standard) throws(HTTPFailure) -> [UInt8]? {
        try readAhead.withLock { (buffer) throws(HTTPFailure) in
            var searched = 0
            while true {
                // An empty line before a request is tolerated (RFC 9112, section 2.2).
                if buffer.count >= 2, buffer[0] == 0x0D, buffer[1] == 0x0A, searched == 0 { buffer.drop(2) }
                if let end = buffer.endOfHead(from: searched) {
                    guard end <= limits.bytes else { throw .headTooLarge("more than \(limits.bytes) bytes") }
                    return buffer.take(end)
                }
                guard buffer.count < limits.bytes else { throw .headTooLarge("more than \(limits.bytes) bytes") }
                searched = max(0, buffer.count - 3)
                if try buffer.fill(next) == 0 {
                    if buffer.count == 0 { return nil }
                    throw .truncated("a head")
                }
            }
        }
    }

    /// Reads a line that ends in CRLF, for the sizes of chunks and for trailers.
    ///
    /// - Parameter limit: The most bytes it may have.
    /// - Returns: The line without its end.
    /// - Throws: ``HTTPFailure``.
    func readLine(limit: Int, in part: String) throws(HTTPFailure) -> [UInt8] {
        try readAhead.withLock { (buffer) throws(HTTPFailure) in
            while true {
                if let feed = buffer.firstLineFeed() {
                    guard feed <= limit else { throw .malformed("a line of \(part) is too long") }
                    guard feed > 0, buffer[feed - 1] == 0x0D else {
                        throw .malformed("a line feed without a carriage return in \(part)")
                    }
                    let line = buffer.take(feed + 1).dropLast(2)
                    guard !line.contains(0x0D) else {
                        throw .malformed("a carriage return without a line feed in \(part)")
                    }
                    return Array(line)
                }
                guard buffer.count <= limit else { throw .malformed("a line of \(part) is too long") }
                if try buffer.fill(next) == 0 { throw .truncated(part) }
            }
        }
    }

    /// Reads at least one byte and at most `count`: what was read ahead, else whatever comes next.
    /// - Returns: The bytes; empty at the end of the connection.
    public func read(upTo count: Int) throws(HTTPFailure) -> [UInt8] {
        try readAhead.withLock { (buffer) throws(HTTPFailure) in
            if buffer.count > 0 { return buffer.take(min(count, buffer.count)) }
            do throws(SystemError) { return try next(count) } catch { throw .transport(error) }
        }
    }

    private func next(_ count: Int) throws(SystemError) -> [UInt8] {
        if let transport { return try transport.read(upTo: count) }
        return try descriptor.read(upTo: count)
    }

    /// Takes the bytes that were read ahead, for whoever takes over the descriptor.
    public func takeBuffered() -> [UInt8] { readAhead.withLock { $0.take($0.count) } }

    /// Writes all bytes. A peer that is gone is an error (`EPIPE`), never a signal.
    public func write(_ bytes: [UInt8]) throws(HTTPFailure) {
        let failure: SystemError? = bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                do throws(SystemError) {
                    let count: Int
                    if let transport {
                        count = try transport.write(piece)
                    } else {
                        count = try check("writing to the connection") { sendOrWrite(descriptor.number, piece) }
                    }
                    rest = rest.dropFirst(count)
                } catch { return error }
            }
            return nil
        }
        if let failure { throw .transport(failure) }
    }

    /// Ends the connection in both directions; readers and writers that wait return at once (`shutdown(2)`).
    public func shutDown() { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

    /// Ends the sending direction only: the peer reads an end of file and may go on sending.
    public func closeWrite() { shutdown(descriptor.number, Int32(SHUT_WR)) }

    /// Whether something can be read, or the peer has ended, right now.
    ///
    /// On an idle client connection either means that it must not be used again.
    public var hasInput: Bool {
        if readAhead.withLock({ $0.count > 0 }) { return true }
        return poll(for: Int16(POLLIN) | pollHangup) != 0
    }

    /// Whether the peer has closed or half-closed its end (`POLLRDHUP`, poll(2)).
    public var isPeerGone: Bool {
        poll(for: pollHangup) & (pollHangup | Int16(POLLHUP) | Int16(POLLERR)) != 0
    }

    private func poll(for events: Int16) -> Int16 {
        var entry = pollfd(fd: descriptor.number, events: events, revents: 0)
        return Glibc.poll(&entry, 1, 0) > 0 ? entry.revents : 0
    }
}

/// `POLLRDHUP`: Swift's Glibc hides it behind `_GNU_SOURCE`; the value is asm-generic/poll.h's.
private let pollHangup: Int16 = 0x2000

/// `send(2)` without the signal; `write(2)` where the descriptor is no socket.
private func sendOrWrite(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    let count = send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    if count < 0 && errno == ENOTSOCK { return Glibc.write(number, bytes.baseAddress, bytes.count) }
    return count
}

/// Bytes that were read and not used yet.
private struct ReadAhead {
    private var bytes: [UInt8]
    private var start = 0
    private static let fillSize = 16 * 1024

    init(bytes: [UInt8]) { self.bytes = bytes }

    var count: Int { bytes.count - start }
    subscript(index: Int) -> UInt8 { bytes[start + index] }

    mutating func drop(_ count: Int) {
        start += count
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        }
    }

    mutating func take(_ count: Int) -> [UInt8] {
        let taken = Array(bytes[start..<start + count])
        drop(count)
        return taken
    }

    /// Reads once more behind what is there.
    mutating func fill(_ next: (Int) throws(SystemError) -> [UInt8]) throws(HTTPFailure) -> Int {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        do throws(SystemError) {
            let more = try next(Self.fillSize)
            if bytes.isEmpty { bytes = more } else { bytes += more }
            return more.count
        } catch { throw .transport(error) }
    }

    /// The offset behind the first CRLF CRLF.
    func endOfHead(from offset: Int) -> Int? {
        var index = start + offset + 3
        while index < bytes.count {
            if bytes[index] == 0x0A, bytes[index - 1] == 0x0D, bytes[index - 2] == 0x0A, bytes[index - 3] == 0x0D {
                return index + 1 - start
            }
            index += 1
        }
        return nil
    }

    func firstLineFeed() -> Int? { bytes[start...].firstIndex(of: 0x0A).map { $0 - start } }
}
