public import HTTPMessages
public import OrderedJSON
import Synchronization

/// An answer that is read as it comes: logs, events, progress.
///
/// One thread reads; any thread may ``close()``, which ends the reader's waiting.
public final class EngineStream: Sendable {
    /// The HTTP status, below 400.
    public let status: Int
    /// The header fields.
    public let headers: Headers
    private let connection: BufferedConnection
    private let body: MessageBody
    private let host: String
    private let isClosed = Atomic(false)
    private let splitter = Mutex(JSONSplitter())
    /// Gives the connection back for the next request once the body was read to its end.
    private let finish: @Sendable () -> Void

    init(
        head: ResponseHead, body: MessageBody, connection: BufferedConnection, host: String,
        finish: @escaping @Sendable () -> Void
    ) {
        status = head.status
        headers = head.headers
        self.body = body
        self.connection = connection
        self.host = host
        self.finish = finish
    }

    deinit { close() }

    /// The operation whose steps this request caused; `nil` from other engines.
    public var operation: String? { headers["Drydock-Operation"] }

    /// Reads what the engine sends next.
    /// - Returns: The bytes, never none; `nil` at the end, and after ``close()``.
    /// - Throws: ``ConnectionError`` if the connection breaks.
    public func read() throws(ConnectionError) -> [UInt8]? {
        do throws(HTTPFailure) {
            if let bytes = try body.read() { return bytes }
            // Whoever exchanges the flag from false owns the connection's end.
            if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { finish() }
            return nil
        } catch {
            if isClosed.load(ordering: .acquiring) { return nil }
            throw ConnectionError(.broken(error.description), host: host)
        }
    }

    /// Reads the next of the JSON values that come one after another, with or without white space between.
    /// - Returns: The value; `nil` at the end, and after ``close()``.
    /// - Throws: ``ConnectionError`` if the connection breaks, `JSONError` for what is not JSON.
    public func nextJSON() throws -> JSON? {
        try splitter.withLock { splitter in
            while true {
                if let value = splitter.next() { return try JSON(parsing: value) }
                if splitter.isTooLong {
                    let problem = "a JSON value of more than \(JSONSplitter.limit) bytes"
                    throw ConnectionError(.broken(problem), host: host)
                }
                guard let bytes = try read() else {
                    return try splitter.rest().map { rest in try JSON(parsing: rest) }
                }
                splitter.append(bytes)
            }
        }
    }

    /// Ends the conversation; a reader that waits gets `nil`.
    public func close() {
        if !isClosed.exchange(true, ordering: .acquiringAndReleasing) { connection.shutDown() }
    }
}
