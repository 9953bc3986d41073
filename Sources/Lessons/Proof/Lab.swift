public import EngineClient
import Glibc
public import Posix

/// A lab of its own for proving a lesson: a home under `/tmp`, an engine in it, gone afterwards.
public final class Lab: Sendable {
    /// The engine's home.
    public let home: String
    private let program: String
    private let environment: [String: String]
    /// The address of another engine than Drydock's, where the lab is there.
    private let host: String?
    /// The archive of the lab's images, for another engine that has lost some of them.
    private let images: String?

    /// Homes that are in use, so that a signal can have them taken away.
    private static let open = Monitor<[String: Lab]>([:])

    /// Makes a home; the engine is started by the first question.
    ///
    /// - Parameters:
    ///   - program: The drydock executable.
    ///   - environment: What its processes have beside the lab's own variables.
    ///   - host: The address of another engine, as `DOCKER_HOST` has it; `nil` for one of the lab's own.
    ///   - images: An archive of the lab's images, which the other engine is given again when it has lost some.
    public init(
        program: String, environment: [String: String], host: String? = nil, images: String? = nil
    ) throws(SystemError) {
        var template = Array("/tmp/drydock-lesson-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("making a directory in /tmp") }
        home = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.program = program
        self.host = host
        self.images = images
        var own = environment
        for name in ["DOCKER_HOST", "DOCKER_CONTEXT", "DRYDOCK_LANG"] { own[name] = nil }
        own["DOCKER_HOST"] = host
        own["DRYDOCK_HOME"] = home
        if own["DRYDOCK_UPLINK"] == nil { own["DRYDOCK_UPLINK"] = "none" }
        self.environment = own
        Self.open.withLock { $0[home] = self }
    }

    /// The world of a lesson in this lab.
    public func world(language: String) -> World {
        var environment = environment
        environment["DRYDOCK_LANG"] = language
        var world = World(
            engine: { [self] in try engine() }, directory: "\(home)/work", program: program, environment: environment)
        world.namedEngine = { [home] name in try World.engine(named: name, home: home) }
        return world
    }

    /// The engine, started if it does not run.
    public func engine() throws -> EngineClient {
        if let host { return try EngineClient(host: host) }
        let socket = "\(home)/node1.sock"
        if Files.exists(socket) {
            let client = EngineClient(socketPath: socket)
            if (try? client.request("GET", "/_ping")) != nil { return client }
        }
        let outcome = try control("start")
        guard outcome.code == 0 else { throw LabFailure(description: "the engine did not start: \(outcome.errors)") }
        return EngineClient(socketPath: socket)
    }

    /// Whether the engine is another one than Drydock's.
    var isForeign: Bool { host != nil }

    /// Removes all that the engine has made, and starts it anew at the next question. Another engine than the lab's own
    /// only gets the lab's images again: what else it has is somebody's.
    public func reset() throws {
        if host != nil {
            if let images { try LabImages.load(images, into: engine()) }
            return
        }
        let outcome = try control("reset")
        guard outcome.code == 0 else { throw LabFailure(description: "the lab was not reset: \(outcome.errors)") }
    }

    /// Takes the lab away.
    public func remove() throws {
        defer { Self.open.withLock { $0[home] = nil } }
        var tries = 1
        while true {
            do {
                if host == nil { try reset() }
                return try Files.removeTree(home)
            } catch {
                // An engine that a program was just starting when it was ended may come in between.
                if tries == 3 { throw error }
                tries += 1
                usleep(300_000)
            }
        }
    }

    private func control(_ verb: String) throws(SystemError) -> Outcome {
        try ChildProcess.run(
            [program, "engine", verb], directory: "/", environment: environment, seconds: 120,
            survivesEnd: verb == "reset")
    }

    /// Has all labs taken away when one of the signals that end a program comes. To be called before any other thread
    /// exists: the signals are then taken by a thread of their own (`sigwait(3)`).
    public static func removeAllAtSignals() throws(SystemError) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let set = signals
        try Thread.start("signals") {
            var set = set
            var number: Int32 = 0
            while sigwait(&set, &number) != 0 {}
            RunningPrograms.endAll()
            for lab in open.withLock({ Array($0.values) }) {
                do { try lab.remove() } catch {
                    let text = "drydock: \(lab.home) was not taken away: \(error)\n"
                    _ = text.withCString { write(2, $0, strlen($0)) }
                }
            }
            _exit(128 + number)
        }
    }
}

/// Why a lab can't be used.
public struct LabFailure: Error, CustomStringConvertible {
    /// The sentence for a person.
    public let description: String
}
