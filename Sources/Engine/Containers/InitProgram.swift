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
