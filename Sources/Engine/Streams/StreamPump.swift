import Glibc
import Posix

/// The loop of a ``StreamHub``: one thread, `poll(2)`, no locks.
struct StreamPump {
    private struct Source {
        let descriptor: Descriptor
        let stream: OutputStream
        var isOpen = true
    }

    private struct Client {
        let attachment: Attachment
        var pending: [UInt8] = []
        var keys: DetachKeyFilter
        var readsInput: Bool
        var inputHasEnded = false
        var isGone = false
        var detached = false
    }

    private var sources: [Source]
    private var input: Descriptor?
    private let isTerminal: Bool
    private let log: ContainerLog?
    private let closesInput: Bool
    private let wake: Descriptor
    private var clients: [Client] = []
    /// What was typed and the process has not taken yet.
    private var typed: [UInt8] = []
    private var hasEnded = false
    /// Set when the process's input is to be closed once it has taken what was typed.
    private var endsInput = false

    private static let pieceSize = 32 * 1024
    /// How long a client that takes nothing is waited for after the process's end, milliseconds.
    private static let patience: Int32 = 10_000

    init(ends: StreamHub.Ends, log: ContainerLog?, closesInput: Bool, wake: Descriptor) {
        switch ends {
        case .terminal(let master):
            sources = [Source(descriptor: master, stream: .standardOutput)]
            input = master
            isTerminal = true
        case .pipes(let input, let output, let error):
            sources = [
                Source(descriptor: output, stream: .standardOutput), Source(descriptor: error, stream: .standardError),
            ]
            self.input = input
            isTerminal = false
        }
        self.log = log
        self.closesInput = closesInput
        self.wake = wake
    }

    mutating func run(
        processEnd: Descriptor?, takeArrivals: () -> [Attachment], onEnd: () -> Void, close: () -> [Attachment]
    ) {
        welcome(takeArrivals())
        while !hasEnded {
            var list = pollList(processEnd: processEnd)
            let count = poll(&list, nfds_t(list.count), -1)
            if count < 0 && errno != EINTR { break }
            if list[0].revents != 0 {
                var drain = [UInt8](repeating: 0, count: 64)
                while Glibc.read(wake.number, &drain, drain.count) > 0 {}
                welcome(takeArrivals())
            }
            let events = Dictionary(
                list.filter { $0.fd >= 0 && $0.revents != 0 }.map { ($0.fd, $0.revents) }, uniquingKeysWith: { $0 | $1 }
            )
            deliver()
            receiveInput(events)
            feedInput()
            for index in sources.indices where isCalm && events[sources[index].descriptor.number] != nil { take(index) }
            hasEnded = processEnd.map { events[$0.number] != nil } ?? sources.allSatisfy { !$0.isOpen }
            dismissGone()
        }
        // The process is gone: what its pipes still hold is the end of its output.
        for index in sources.indices { while sources[index].isOpen && take(index) {} }
        ignore { () throws(SystemError) in try log?.finish() }
        onEnd()
        welcome(close())
        flush()
        for client in clients { end(client) }
    }

    /// A log that can't be written (a full disk) must not stop the container; the failure shows in what is missing.
    private func ignore(_ body: () throws(SystemError) -> Void) {
        do throws(SystemError) { try body() } catch { _ = error }
    }

    /// Whether every client has taken what came so far.
    private var isCalm: Bool { clients.allSatisfy(\.pending.isEmpty) }

    private mutating func welcome(_ arrivals: [Attachment]) {
        for attachment in arrivals {
            let wishes = attachment.wishes
            var client = Client(
                attachment: attachment, keys: DetachKeyFilter(keys: isTerminal ? wishes.detachKeys : []),
                readsInput: wishes.input && input != nil)
            if client.readsInput, !attachment.early.isEmpty { accept(attachment.early[...], &client) }
            clients.append(client)
        }
    }

    private func pollList(processEnd: Descriptor?) -> [pollfd] {
        var list = [pollfd(fd: wake.number, events: Int16(POLLIN), revents: 0)]
        if let processEnd { list.append(pollfd(fd: processEnd.number, events: Int16(POLLIN), revents: 0)) }
        if isCalm {
            for source in sources where source.isOpen {
                list.append(pollfd(fd: source.descriptor.number, events: Int16(POLLIN), revents: 0))
            }
        }
        if let input, !typed.isEmpty { list.append(pollfd(fd: input.number, events: Int16(POLLOUT), revents: 0)) }
        for client in clients {
            var events: Int16 = 0
            if !client.pending.isEmpty { events |= Int16(POLLOUT) }
            if !client.inputHasEnded { events |= Int16(POLLIN) }
            // While the process does not take what was typed, a client that has more is left alone altogether: one
            // that hung up would be reported at once for ever.
            let waits = client.readsInput && typed.count >= Self.pieceSize && client.pending.isEmpty
            list.append(pollfd(fd: waits ? -1 : client.attachment.descriptor.number, events: events, revents: 0))
        }
        return list
    }

    /// Reads one piece of a source and hands it to the log and the clients.
    /// - Returns: Whether there may be more.
    @discardableResult
    private mutating func take(_ index: Int) -> Bool {
        let source = sources[index]
        var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
        let count = Glibc.read(source.descriptor.number, &buffer, buffer.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return false }
        // A terminal whose last process is gone answers EIO; that is its end of file.
        guard count > 0 else {
            sources[index].isOpen = false
            return false
        }
        let piece = buffer[..<count]
        ignore { () throws(SystemError) in try log?.append(piece, from: source.stream) }
        for index in clients.indices {
            let wishes = clients[index].attachment.wishes
            guard source.stream == .standardOutput ? wishes.output : wishes.error else { continue }
            if wishes.isMultiplexed { clients[index].pending += Self.header(source.stream, count) }
            clients[index].pending += piece
        }
        deliver()
        return true
    }

    /// The head of a frame: stream, three zeros, length in network order (API: ContainerAttach).
    static func header(_ stream: OutputStream, _ count: Int) -> [UInt8] {
        [stream.frameNumber, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }

    private mutating func deliver() {
        for index in clients.indices where !clients[index].pending.isEmpty && !clients[index].isGone {
            let sent = clients[index].pending.withUnsafeBytes { bytes in
                send(clients[index].attachment.descriptor.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                clients[index].pending.removeFirst(sent)
            } else if sent < 0 && errno != EAGAIN && errno != EINTR {
                clients[index].isGone = true
            }
        }
    }

    private mutating func receiveInput(_ events: [Int32: Int16]) {
        for index in clients.indices {
            let number = clients[index].attachment.descriptor.number
            guard let event = events[number], !clients[index].isGone else { continue }
            let hungUp = event & Int16(POLLHUP | POLLERR) != 0
            if clients[index].readsInput && typed.count >= Self.pieceSize { continue }
            var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
            let count = clients[index].inputHasEnded ? 0 : recv(number, &buffer, buffer.count, 0)
            if count > 0 {
                if clients[index].readsInput {
                    var client = clients[index]
                    accept(buffer[..<count], &client)
                    clients[index] = client
                }
                continue
            }
            if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            // It has no more to say. Unless it hung up it may still listen: only its end of input is passed on.
            clients[index].inputHasEnded = true
            if clients[index].readsInput {
                clients[index].readsInput = false
                if closesInput && !isTerminal { endsInput = true }
            }
            if hungUp || count < 0 { clients[index].isGone = true }
        }
    }

    private mutating func accept(_ bytes: ArraySlice<UInt8>, _ client: inout Client) {
        let (passed, detached) = client.keys.pass(bytes)
        typed += passed
        if detached {
            client.detached = true
            client.isGone = true
        }
    }

    private mutating func feedInput() {
        guard let input else { return }
        if !typed.isEmpty {
            let count = Glibc.write(input.number, typed, typed.count)
            if count > 0 { typed.removeFirst(count) } else if count < 0 && errno == EPIPE { typed = [] }
        }
        if typed.isEmpty && endsInput && !isTerminal { self.input = nil }
    }

    private mutating func dismissGone() {
        for client in clients where client.isGone { end(client) }
        clients.removeAll(where: \.isGone)
    }

    private func end(_ client: Client) {
        shutdown(client.attachment.descriptor.number, Int32(SHUT_WR))
        client.attachment.onEnd(client.detached)
    }

    private mutating func flush() {
        deliver()
        while !isCalm {
            var list = clients.filter { !$0.pending.isEmpty && !$0.isGone }.map {
                pollfd(fd: $0.attachment.descriptor.number, events: Int16(POLLOUT), revents: 0)
            }
            if list.isEmpty || poll(&list, nfds_t(list.count), Self.patience) <= 0 { return }
            deliver()
        }
    }
}
