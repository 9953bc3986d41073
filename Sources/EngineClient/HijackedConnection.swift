import HTTPMessages

/// A connection that has become a plain byte stream in both directions, as `attach` and `exec start` make it.
public final class HijackedConnection: Sendable {
    private let connection: BufferedConnection
    /// The socket, for a poll loop. Valid as long as this object lives.
    public var descriptor: Int32 { connection.descriptor.number }
    /// What came with the answer's head already; it belongs before all that is read from ``descriptor``.
    public let buffered: [UInt8]
    /// `application/vnd.docker.raw-stream` (a terminal) or `application/vnd.docker.multiplexed-stream`; older
    /// engines do not tell them apart.
    public let contentType: String?
    /// The operation whose steps this request caused; `nil` from other engines.
    public let operation: String?

    init(head: ResponseHead, connection: BufferedConnection) {
        self.connection = connection
        buffered = connection.takeBuffered()
        contentType = head.headers["Content-Type"]
        operation = head.headers["Drydock-Operation"]
    }

    /// Says that no more input comes: the container reads an end of file, its output still arrives.
    public func closeWrite() { connection.closeWrite() }

    /// Ends the connection in both directions; may be called from any thread. The number stays taken until this
    /// object goes, so that no poll loop looks at a stranger's descriptor.
    public func close() { connection.shutDown() }
}
