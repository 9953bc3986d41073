import Kernel
import OrderedJSON
import Posix

/// The little first process of `--init`: it reaps orphans and hands signals on, so that the container's own program
/// need not know how to be PID 1.
enum InitProgram {
    /// Where it is in a container.
    static let path = "/sbin/docker-init"
    /// Where the machine has it: tini, linked statically, of the package `tini`.
    private static let sources = ["/usr/bin/tini-static", "/usr/local/bin/tini-static"]

    /// Whether a container's settings ask for it.
    static func isWanted(_ host: JSONObject) -> Bool { host.flag("Init") }

    /// The version of the machine's program, as the text in it says: `tini-0.19.0`; empty where there is none.
    static var version: String {
        guard let found = sources.first(where: Files.exists), let bytes = try? Files.read(found) else { return "" }
        let mark = Array("tini version ".utf8)
        guard let place = bytes.firstRange(of: mark) else { return "tini" }
        let number = bytes[place.upperBound...].prefix { $0 > 0x20 && $0 < 0x7F }
        return "tini-" + String(decoding: number, as: UTF8.self)
    }

    /// The machine's program.
    /// - Throws: ``EngineFailure`` naming the package when it is not installed.
    static func source() throws -> String {
        guard let found = sources.first(where: Files.exists) else {
            throw EngineFailure(
                status: 501,
                "--init needs tini-static, which is not on this machine: install the package tini (apt-get install tini)"
            )
        }
        return found
    }
}
