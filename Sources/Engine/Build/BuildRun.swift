import Glibc
import OCI
import OrderedJSON
import Posix

/// RUN: a command in a container of the image so far; what it changes becomes a layer.
extension ImageBuild {
    func run(_ line: DockerfileLine) throws {
        var words = command(line)
        if let document = line.documents.first {
            // The document alone is a script; behind a command it is the command's input.
            let isScript = line.rest.trimmedText.split(whereSeparator: \.isWhitespace).count == 1
            let text = isScript ? document.content : "\(line.rest)\n\(document.content)\(document.name)\n"
            words = Array(words.dropLast()) + [text]
        }
        let values = arguments.values(besides: settings.env ?? [])
        let counted = values.filter { arguments.countsForCache($0.key) }.map { "\($0.key)=\($0.value)" }.sorted()
        var config = settings
        config.cmd = counted.isEmpty ? words : ["|\(counted.count)"] + counted + words
        config.entrypoint = nil
        if try takeFromCache(line, config) { return }
        guard image != nil else {
            if planned != nil, isPastCache {
                // The files it would run in are not here: nothing after it can be planned.
                isUnknown = true
                return try describe(line)
            }
            throw EngineFailure.invalid("RUN has nothing to run in: FROM scratch begins without any files")
        }
        var started = config
        started.cmd = words
        started.entrypoint = [""]
        started.env = (settings.env ?? []) + values.map { "\($0.key)=\($0.value)" }.sorted()
        let id = try makeContainer(started, starting: true)
        if planned != nil { return try commit(line, config, container: id) { nil } }
        let code = try execute(id)
        if code != 0 {
            throw BuildFailure(
                description: "The command '\(words.joined(separator: " "))' returned a non-zero code: \(code)",
                code: code)
        }
        let upper = try node.container(id).upper
        try commit(line, config, container: id) { upper }
    }

    /// Starts a container and shows what it prints until it ends.
    /// - Returns: The exit code.
    private func execute(_ id: String) throws -> Int32 {
        var ends: [Int32] = [-1, -1]
        try check("making a pair of sockets") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
        let own = Descriptor(owning: ends[0])
        let engines = Descriptor(owning: ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var wishes = Attachment.Wishes()
        (wishes.output, wishes.error, wishes.isMultiplexed, wishes.detachKeys) = (true, true, true, [])
        let attachment = Attachment(descriptor: engines, early: [], wishes: wishes) { _ in
            shutdown(engines.number, Int32(SHUT_RDWR))
        }
        try node.attach(id, attachment, logs: false, stream: true)
        try node.startContainer(id, operation: operation)
        let waiting = try node.beginWaiting(id, condition: .notRunning)
        try showOutput(from: own, of: id)
        while true { if let code = waiting.wait(seconds: 10) { return code } }
    }

    private func showOutput(from socket: Descriptor, of id: String) throws {
        var held: [UInt8] = []
        while true {
            var event = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            if poll(&event, 1, 500) == 0 {
                if !isWanted() { throw try abandon(id) }
                continue
            }
            let bytes = try socket.read(upTo: 65536)
            if bytes.isEmpty { return }
            held += bytes
            while held.count >= 8 {
                let length = held[4..<8].reduce(0) { $0 << 8 | Int($1) }
                guard held.count >= 8 + length else { break }
                let text = String(decoding: held[8..<8 + length], as: UTF8.self)
                do { try emit(held[0] == 2 ? "\u{1B}[91m\(text)\u{1B}[0m" : text) } catch { throw try abandon(id) }
                held.removeFirst(8 + length)
            }
        }
    }

    /// Ends a command that nobody waits for any more.
    private func abandon(_ id: String) throws -> EngineFailure {
        try node.removeContainer(id, force: true, removeVolumes: true, operation: operation)
        intermediates.removeAll { $0 == id }
        return EngineFailure.system("the client is gone: the build was given up")
    }
}
