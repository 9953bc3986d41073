import Glibc
import OrderedJSON
import Posix

/// Clients at the streams of containers: attached, or reading the log.
extension Node {
    /// Sets the size of a container's terminal (API: ContainerResize).
    public func resizeContainer(_ reference: String, columns: UInt16, rows: UInt16) throws {
        let container = try self.container(reference)
        guard let running = container.life.current.running else {
            throw EngineFailure.conflict("Container \(container.id) is not running")
        }
        do { try running.streams.resize(columns: columns, rows: rows) } catch {
            throw EngineFailure.system("\(error)")
        }
        publish("resize", container, ["height": String(rows), "width": String(columns)])
    }

    /// Connects a client to a container's streams (API: ContainerAttach), also before it is started.
    ///
    /// - Parameters:
    ///   - logs: Whether what the container printed so far comes first.
    ///   - stream: Whether what it prints from now on comes.
    public func attach(_ reference: String, _ attachment: Attachment, logs: Bool, stream: Bool) throws {
        let container = try self.container(reference)
        if logs { try replay(container, to: attachment) }
        guard stream else { return attachment.onEnd(false) }
        publish("attach", container)
        let running = container.life.withLock { life -> StreamHub? in
            if let running = life.running { return running.streams }
            life.waitingAttachments.append(attachment)
            return nil
        }
        if let running, !running.attach(attachment) { attachment.onEnd(false) }
    }

    private func replay(_ container: Container, to attachment: Attachment) throws {
        var request = LogsRequest()
        request.standardOutput = attachment.wishes.output
        request.standardError = attachment.wishes.error
        try LogReader(path: container.logPath, form: container.logForm ?? .jsonFile, request: request).read(
            log: nil, isWanted: { true }
        ) { stream, bytes in
            let header = attachment.wishes.isMultiplexed ? StreamPump.header(stream, bytes.count) : []
            try attachment.descriptor.writeWaiting(header + bytes)
        }
    }

    /// Checks that a client may attach: what Docker refuses before the connection is taken over.
    public func checkAttach(_ reference: String) throws {
        let state = try container(reference).life.current.state
        if state.status == .paused {
            throw EngineFailure.conflict("container \(reference) is paused, unpause the container before attach")
        }
        if state.status == .restarting {
            throw EngineFailure.conflict("Container \(reference) is restarting, wait until the container is running")
        }
    }

    /// Whether a container has a terminal: its streams are not multiplexed then.
    public func hasTerminal(_ reference: String) throws -> Bool {
        try container(reference).life.current.definition.hasTerminal
    }

    /// Whether a container's standard input is open for attaching.
    public func hasOpenInput(_ reference: String) throws -> Bool {
        try container(reference).life.current.definition.configObject.flag("OpenStdin")
    }

    /// Checks that a container's log can be read: one without a log is refused before an answer begins.
    public func checkLog(_ reference: String) throws {
        let settings = try container(reference).life.current.definition.hostObject["LogConfig"]
        if settings?["Type"]?.string == "none" {
            throw EngineFailure(status: 501, "configured logging driver does not support reading")
        }
    }

    /// The container's log, line by line (API: ContainerLogs).
    ///
    /// - Parameters:
    ///   - isWanted: Whether the reader is still there; asked from time to time while waiting.
    ///   - send: Takes a line; it throws when the reader is gone.
    public func readLog(
        _ reference: String, _ request: LogsRequest, isWanted: () -> Bool,
        send: (OutputStream, [UInt8]) throws -> Void
    ) throws {
        let container = try self.container(reference)
        let reader = LogReader(path: container.logPath, form: container.logForm ?? .jsonFile, request: request)
        guard Files.exists(container.logPath) || request.follows else { return }
        try reader.read(log: container.life.current.running?.log, isWanted: isWanted, send: send)
    }
}

extension Descriptor {
    /// Writes all bytes to a descriptor that may be non-blocking, waiting for room.
    func writeWaiting(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, 10_000)
            } else if errno != EINTR {
                throw .last("writing to a client")
            }
        }
    }
}
