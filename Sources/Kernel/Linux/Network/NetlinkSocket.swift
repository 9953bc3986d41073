import CLinux
import Glibc
import Posix

/// A conversation with the kernel's routing layer about one network namespace: the one that the thread was in which
/// opened the socket (`netlink(7)`, `rtnetlink(7)`).
///
/// Used by one thread at a time.
final class NetlinkSocket {
    private let socket: Descriptor
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// How often a listing is asked for again when what it lists changed meanwhile.
    private static let dumpAttempts = 10

    /// Opens a socket in the namespace that the calling thread is in.
    init() throws(SystemError) {
        socket = try Self.open()
    }

    private init(_ socket: Descriptor) { self.socket = socket }

    /// Opens a socket in another namespace; a thread of its own goes there and ends.
    static func inside(_ namespace: Descriptor) throws(SystemError) -> NetlinkSocket {
        NetlinkSocket(try NamespaceVisit.run(in: namespace) { () throws(SystemError) in try open() })
    }

    private static func open() throws(SystemError) -> Descriptor {
        let number = try check("opening a netlink socket") {
            Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | O_CLOEXEC, NETLINK_ROUTE)
        }
        let socket = Descriptor(owning: number)
        // Errors with the kernel's own words, and without a copy of the request. Kernels that lack them do without.
        for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK] {
            var on: Int32 = 1
            setsockopt(number, SOL_NETLINK, option, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        return socket
    }

    /// Makes a change and waits until the kernel has acknowledged it.
    ///
    /// - Parameter operation: What is being done, for the error.
    /// - Throws: ``SystemError``; its operation ends with the kernel's own words in parentheses, where it has any.
    func change(_ operation: @autoclosure () -> String, _ message: NetlinkMessage) throws(SystemError) {
        var message = message
        message.flags.insert(.acknowledge)
        _ = try exchange(operation(), message)
    }

    /// Asks for one object.
    func get<Header: NetlinkHeader>(
        _ operation: @autoclosure () -> String, _ message: NetlinkMessage, as header: Header.Type
    ) throws(SystemError) -> (header: Header, attributes: NetlinkAttributes) {
        var message = message
        message.flags.insert(.acknowledge)
        let operation = operation()
        guard let reply = try exchange(operation, message).objects.first else {
            throw SystemError(operation, code: EBADMSG)
        }
        return try understood(operation) { () throws(MalformedNetlink) in try reply.decoded(header) }
    }

    /// Lists all objects of a kind. When they changed meanwhile (NLM_F_DUMP_INTR) the list is asked for again.
    func list<Header: NetlinkHeader>(
        _ operation: @autoclosure () -> String, _ message: NetlinkMessage, as header: Header.Type
    ) throws(SystemError) -> [(header: Header, attributes: NetlinkAttributes)] {
        var message = message
        message.flags.formUnion(.dump)
        let operation = operation()
        for _ in 0..<Self.dumpAttempts {
            let answer = try exchange(operation, message)
            if answer.wasInterrupted { continue }
            return try understood(operation) { () throws(MalformedNetlink) in
                var objects: [(header: Header, attributes: NetlinkAttributes)] = []
                for reply in answer.objects { objects.append(try reply.decoded(header)) }
                return objects
            }
        }
        throw SystemError("\(operation) (it changed \(Self.dumpAttempts) times meanwhile)", code: EAGAIN)
    }

    private struct Answer {
        var objects: [NetlinkReply] = []
        var wasInterrupted = false
    }

    private func exchange(_ operation: String, _ message: NetlinkMessage) throws(SystemError) -> Answer {
        sequence += 1
        let request = message.encoded(sequence: sequence)
        try check(operation) { send(socket.number, request, request.count, 0) }
        var answer = Answer()
        while true {
            let received = try receive(operation)
            for reply in try understood(operation, { () throws(MalformedNetlink) in try NetlinkReply.split(received) })
            where reply.sequence == sequence {
                if reply.flags.contains(.dumpInterrupted) { answer.wasInterrupted = true }
                guard reply.type == NetlinkReply.error || reply.type == NetlinkReply.done else {
                    answer.objects.append(reply)
                    continue
                }
                let outcome = try understood(operation) { () throws(MalformedNetlink) in try reply.outcome() }
                if outcome.code == 0 { return answer }
                let words = outcome.text.map { " (\($0))" } ?? ""
                throw SystemError(operation + words, code: outcome.code)
            }
        }
    }

    /// Turns a message that can't be understood into an error of the operation.
    private func understood<Result>(_ operation: String, _ decode: () throws(MalformedNetlink) -> Result)
        throws(SystemError) -> Result
    {
        do throws(MalformedNetlink) { return try decode() } catch {
            throw SystemError("\(operation) (the answer lacks \(error.expected))", code: EBADMSG)
        }
    }

    private func receive(_ operation: String) throws(SystemError) -> ArraySlice<UInt8> {
        let count = try check(operation) { recv(socket.number, &buffer, buffer.count, Int32(MSG_TRUNC)) }
        guard count <= buffer.count else { throw SystemError(operation, code: EMSGSIZE) }
        return buffer[..<count]
    }
}

/// Numbers of `linux/netlink.h` that Swift does not see.
private let NETLINK_ROUTE: Int32 = 0
private let NETLINK_CAP_ACK: Int32 = 10
private let NETLINK_EXT_ACK: Int32 = 11
private let SOL_NETLINK: Int32 = 270
