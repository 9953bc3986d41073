import Glibc
import Posix
import Synchronization

/// A Docker engine that knows a few answers by heart, on a unix socket, for tests of what commands print.
final class EngineStub: Sendable {
    /// An answer: the whole body, or bytes on a connection that was switched to a plain stream.
    struct Answer: Sendable {
        var status = 200
        var body: String
        var isStream = false
        var operation: String?
    }

    let path: String
    private let listener: Descriptor
    private let answers: Mutex<[String: [Answer]]>
    private let seen = Mutex<[String]>([])

    /// Starts to answer. Keys are `METHOD /path` without version and query; several answers are given one after another.
    init(_ answers: [String: [Answer]]) throws {
        self.answers = Mutex(answers)
        path = "/tmp/docker-cli-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        listener = Descriptor(owning: try check("making a socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try check("binding") {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        try check("listening") { listen(listener.number, 16) }
        try Thread.start("engine stub") { [weak self, listener] in
            while true {
                let connection = accept(listener.number, nil, nil)
                if connection < 0 { return }
                let owned = Descriptor(owning: connection)
                do { try Thread.start("connection") { [weak self] in self?.serve(owned) } } catch { return }
            }
        }
    }

    deinit {
        shutdown(listener.number, Int32(SHUT_RDWR))
        unlink(path)
    }

    /// The requests so far, `METHOD /path?query` without the version.
    var requests: [String] { seen.withLock { $0 } }

    private func serve(_ connection: Descriptor) {
        var buffer: [UInt8] = []
        func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 0x0A) {
                    let text = String(decoding: buffer[..<end], as: UTF8.self)
                    buffer.removeFirst(end + 1)
                    return text.hasSuffix("\r") ? String(text.dropLast()) : text
                }
                guard let more = try? connection.read(upTo: 65536), !more.isEmpty else { return nil }
                buffer += more
            }
        }
        while let request = line() {
            var length = 0
            while let header = line(), !header.isEmpty {
                if header.lowercased().hasPrefix("content-length:") {
                    length = Int(header.drop { $0 != ":" }.dropFirst().filter { $0 != " " }) ?? 0
                }
            }
            while buffer.count < length {
                guard let more = try? connection.read(upTo: 65536), !more.isEmpty else { return }
                buffer += more
            }
            buffer.removeFirst(length)
            let words = request.split(separator: " ").map(String.init)
            guard words.count == 3 else { return }
            let target = words[1].hasPrefix("/v1.") ? String(words[1].dropFirst().drop { $0 != "/" }) : words[1]
            seen.withLock { $0.append("\(words[0]) \(target)") }
            let key = "\(words[0]) \(target.prefix { $0 != "?" })"
            let answer = answers.withLock { answers -> Answer in
                guard let list = answers[key], let first = list.first else {
                    return Answer(status: 404, body: #"{"message":"page not found: \#(key)"}"#)
                }
                if list.count > 1 { answers[key] = Array(list.dropFirst()) }
                return first
            }
            let operation = answer.operation.map { "Drydock-Operation: \($0)\r\n" } ?? ""
            let head =
                answer.isStream
                ? "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\(operation)\r\n"
                : "HTTP/1.1 \(answer.status) X\r\nContent-Type: application/json\r\nContent-Length: \(answer.body.utf8.count)\r\n\(operation)\r\n"
            do { try connection.write(head + answer.body) } catch { return }
            if answer.isStream { return }
        }
    }
}
