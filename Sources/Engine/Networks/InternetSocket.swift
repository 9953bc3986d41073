import CLinux
import Glibc
import Kernel
import Posix

/// Sockets of the internet's families (`ip(7)`, `ipv6(7)`), non-blocking and close-on-exec.
enum InternetSocket {
    /// A socket that takes what comes to an address and port: a listener for TCP, a bound one for UDP.
    /// - Throws: ``SystemError`` whose operation is `listen tcp4 0.0.0.0:80: bind`, as Docker has it.
    static func receiving(_ transport: PortBinding.Transport, at address: IPAddress, port: UInt16)
        throws(SystemError) -> Descriptor
    {
        let what = "listen \(transport.rawValue)\(address.isIPv6 ? "6" : "4") \(text(address, port)): bind"
        let socket = try make(transport, isIPv6: address.isIPv6)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        if address.isIPv6 {
            try check(what) { setsockopt(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
        }
        if transport == .tcp { try check(what) { setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &on, size) } }
        try withAddress(address, port, what) { bind(socket.number, $0, $1) }
        if transport == .tcp { try check(what) { listen(socket.number, 512) } }
        return socket
    }

    /// A socket that is connected, or connecting, to an address and port.
    static func connecting(_ transport: PortBinding.Transport, to address: IPAddress, port: UInt16)
        throws(SystemError) -> Descriptor
    {
        let socket = try make(transport, isIPv6: address.isIPv6)
        do throws(SystemError) {
            try withAddress(address, port, "connecting to \(text(address, port))") { connect(socket.number, $0, $1) }
        } catch { if error.code != EINPROGRESS { throw error } }
        return socket
    }

    /// Where a socket is bound, read back from the kernel (`getsockname(2)`).
    static func name(of socket: Descriptor) throws(SystemError) -> (address: IPAddress, port: UInt16)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try check("reading a socket's address") {
            withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getsockname(socket.number, $0, &length)
                }
            }
        }
        return parse(storage)
    }

    /// `127.0.0.1:80`, `[::1]:80`
    static func text(_ address: IPAddress, _ port: UInt16) -> String {
        address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    private static func make(_ transport: PortBinding.Transport, isIPv6: Bool) throws(SystemError) -> Descriptor {
        let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let flags = Int32(type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        return Descriptor(owning: try check("making a socket") { socket(isIPv6 ? AF_INET6 : AF_INET, flags, 0) })
    }

    private static func parse(_ storage: sockaddr_storage) -> (address: IPAddress, port: UInt16)? {
        withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = bytes.loadUnaligned(as: sockaddr_in.self)
                let octets = withUnsafeBytes(of: address.sin_addr) { Array($0) }
                return IPAddress(bytes: octets).map { ($0, UInt16(bigEndian: address.sin_port)) }
            case AF_INET6:
                let address = bytes.loadUnaligned(as: sockaddr_in6.self)
                let octets = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
                return IPAddress(bytes: octets).map { ($0, UInt16(bigEndian: address.sin6_port)) }
            default: return nil
            }
        }
    }

    private static func withAddress(
        _ address: IPAddress, _ port: UInt16, _ operation: String,
        _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) {
        func pass<Address>(_ value: inout Address) throws(SystemError) {
            try check(operation) {
                withUnsafePointer(to: &value) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        call($0, socklen_t(MemoryLayout<Address>.size))
                    }
                }
            }
        }
        if address.isIPv6 {
            var value = sockaddr_in6()
            value.sin6_family = sa_family_t(AF_INET6)
            value.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &value.sin6_addr) { $0.copyBytes(from: address.bytes) }
            try pass(&value)
        } else {
            var value = sockaddr_in()
            value.sin_family = sa_family_t(AF_INET)
            value.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &value.sin_addr) { $0.copyBytes(from: address.bytes) }
            try pass(&value)
        }
    }
}
