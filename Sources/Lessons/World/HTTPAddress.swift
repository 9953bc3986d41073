import Glibc
import Posix

/// `localhost:8080/path`: where a server on this machine is asked.
struct HTTPAddress {
    let port: UInt16
    let path: String

    /// Reads an address; `nil` for one that is not on this machine.
    init?(_ text: String) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        let parts = text[..<slash].split(separator: ":", omittingEmptySubsequences: false)
        guard let host = parts.first, host == "localhost" || host == "127.0.0.1", parts.count <= 2,
            let port = parts.count == 2 ? UInt16(parts[1]) : 80
        else { return nil }
        self.port = port
        path = slash == text.endIndex ? "/" : String(text[slash...])
    }

    /// Asks the server (HTTP/1.0, `GET`) and gives the body; code 0 for a status below 400, else 22, and 7 where nobody
    /// answers, as `curl -f` does.
    func get() -> Outcome {
        do throws(SystemError) {
            let bytes = try exchange()
            let text = String(decoding: bytes, as: UTF8.self)
            let body = text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
            let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            if (200..<400).contains(status) { return Outcome(output: body) }
            return Outcome(code: 22, output: body, errors: "the server answers \(status)")
        } catch {
            return Outcome(code: 7, errors: error.description)
        }
    }

    private func exchange() throws(SystemError) -> [UInt8] {
        let number = try check("opening a socket") {
            socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        let connection = Descriptor(owning: number)
        var limit = timeval(tv_sec: 3, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try check("connecting to localhost:\(port)") {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        try connection.write("GET \(path) HTTP/1.0\r\nHost: localhost:\(port)\r\n\r\n")
        return try connection.readToEnd()
    }
}
