import Synchronization

/// The body of a message that is being received: bytes come as the peer sends them.
///
/// It never reads past its own end, so the connection is ready for the next message once ``isComplete``.
public final class MessageBody: Sendable {
    private let connection: BufferedConnection
    private let state: Mutex<State>
    private let beforeFirstRead: (@Sendable () throws(HTTPFailure) -> Void)?

    private struct State {
        var framing: BodyFraming
        /// Bytes left of the length or of the current chunk.
        var left: Int
        var isFirstChunk = true
        var wasRead = false
        var isComplete: Bool
    }

    /// The longest line with a chunk's size, with extensions, which are ignored.
    private static let sizeLineLimit = 4096
    /// How many bytes of trailers are read and ignored.
    private static let trailerLimit = 64 * 1024
    private static let pieceSize = 64 * 1024

    /// Prepares to read a body.
    ///
    /// - Parameters:
    ///   - connection: The connection, its head already read.
    ///   - framing: How the body ends.
    ///   - beforeFirstRead: Called once before the first byte is read; a server says `100 Continue` here.
    public init(
        _ connection: BufferedConnection, framing: BodyFraming,
        beforeFirstRead: (@Sendable () throws(HTTPFailure) -> Void)? = nil
    ) {
        self.connection = connection
        self.beforeFirstRead = beforeFirstRead
        var left = 0
        if case .length(let length) = framing { left = length }
        state = Mutex(State(framing: framing, left: left, isComplete: framing == .none))
    }

    /// Whether the whole body was read.
    public var isComplete: Bool { state.withLock { $0.isComplete } }

    /// Whether there is or was anything to read.
    public var isEmpty: Bool { state.withLock { $0.framing == .none } }

    /// Whether any of it was asked for.
    public var wasRead: Bool { state.withLock { $0.wasRead } }

    /// Reads what comes next, at most 64 KiB.
    /// - Returns: The bytes, never none; `nil` at the end of the body.
    /// - Throws: ``HTTPFailure``, also when the connection ends before the body does.
    public func read() throws(HTTPFailure) -> [UInt8]? {
        try state.withLock { (state) throws(HTTPFailure) in
            if state.isComplete { return nil }
            if !state.wasRead {
                state.wasRead = true
                try beforeFirstRead?()
            }
            switch state.framing {
            case .none: return nil
            case .untilClose:
                let bytes = try connection.read(upTo: Self.pieceSize)
                if bytes.isEmpty { state.isComplete = true }
                return bytes.isEmpty ? nil : bytes
            case .length:
                let bytes = try counted(&state)
                if state.left == 0 { state.isComplete = true }
                return bytes
            case .chunked:
                if state.left == 0 {
                    state.left = try nextChunkSize(&state)
                    if state.left == 0 {
                        try skipTrailers()
                        state.isComplete = true
                        return nil
                    }
                }
                return try counted(&state)
            }
        }
    }

    /// Reads the rest of the body.
    /// - Parameter limit: More bytes than these are refused.
    public func readToEnd(limit: Int) throws(HTTPFailure) -> [UInt8] {
        var all: [UInt8] = []
        while let piece = try read() {
            guard all.count + piece.count <= limit else { throw .bodyTooLarge(limit: limit) }
            if all.isEmpty { all = piece } else { all += piece }
        }
        return all
    }

    private func counted(_ state: inout State) throws(HTTPFailure) -> [UInt8] {
        let bytes = try connection.read(upTo: min(state.left, Self.pieceSize))
        if bytes.isEmpty { throw .truncated("a body") }
        state.left -= bytes.count
        return bytes
    }

    /// The size of the next chunk (RFC 9112, section 7.1).
    private func nextChunkSize(_ state: inout State) throws(HTTPFailure) -> Int {
        if !state.isFirstChunk {
            guard try connection.readLine(limit: Self.sizeLineLimit, in: "a chunk").isEmpty else {
                throw .malformed("a chunk is longer than its size says")
            }
        }
        state.isFirstChunk = false
        let line = try connection.readLine(limit: Self.sizeLineLimit, in: "a chunk's size")
        var digits = line.prefix { $0 != UInt8(ascii: ";") }
        while let last = digits.last, digits.count < line.count, last == 0x20 || last == 0x09 { digits.removeLast() }
        // Fifteen hexadecimal digits always fit 63 bits.
        guard (1...15).contains(digits.count), digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .malformed("a chunk's size is not a hexadecimal number") }
        return size
    }

    private func skipTrailers() throws(HTTPFailure) {
        var left = Self.trailerLimit
        while true {
            let line = try connection.readLine(limit: left, in: "the trailers")
            if line.isEmpty { return }
            left -= line.count + 2
            guard left > 0 else { throw .headTooLarge("trailers of more than \(Self.trailerLimit) bytes") }
        }
    }
}

/// The chunked coding of bodies that are being sent (RFC 9112, section 7.1).
public enum ChunkedCoding {
    /// One chunk; empty for no bytes, because an empty chunk would end the body.
    public static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.isEmpty { return [] }
        var chunk: [UInt8] = []
        chunk.reserveCapacity(bytes.count + 20)
        chunk += String(bytes.count, radix: 16).utf8
        chunk += [0x0D, 0x0A]
        chunk += bytes
        chunk += [0x0D, 0x0A]
        return chunk
    }

    /// What ends the body.
    public static let end: [UInt8] = Array("0\r\n\r\n".utf8)
}
