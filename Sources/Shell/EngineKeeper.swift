import DockerCLI
import EngineClient
import Narration
import Synchronization

/// Holds the connection to the engine, and gets a new engine when the old one has gone: an engine that nobody needs
/// ends by itself, and one may crash.
final class EngineKeeper: Sendable {
    private let reconnect: ShellConfiguration.Reconnect
    private let place: Mutex<(client: EngineClient, node: String)>

    init(_ client: EngineClient, node: String, reconnect: @escaping ShellConfiguration.Reconnect) {
        place = Mutex((client, node))
        self.reconnect = reconnect
    }

    /// The engine as it was reached last.
    var current: EngineClient { place.withLock { $0.client } }

    /// The node of the lab that the learner is on.
    var node: String { place.withLock { $0.node } }

    /// Goes to another node of the lab.
    func go(to node: String) throws {
        let client = try reconnect(node)
        _ = try client.request("GET", "/_ping")
        place.withLock { $0 = (client, node) }
    }

    /// The engine, started again if it has gone.
    ///
    /// - Parameters:
    ///   - duringCommand: Whether a command was running when it went.
    ///   - say: Tells the learner, when something had to be done.
    /// - Returns: `nil` if there is none to be had; the reason has been said.
    func alive(duringCommand: Bool, voice: ShellVoice, say: (String) -> Void) -> EngineClient? {
        let client = current
        do {
            _ = try client.request("GET", "/_ping")
            return client
        } catch is EngineError {
            // It answers, if only with an error: that is for the command itself to say.
            return client
        } catch {
            return restart(duringCommand: duringCommand, voice: voice, say: say)
        }
    }

    private func restart(duringCommand: Bool, voice: ShellVoice, say: (String) -> Void) -> EngineClient? {
        do {
            let client = try reconnect(node)
            _ = try client.request("GET", "/_ping")
            place.withLock { $0.client = client }
            say(duringCommand ? voice.engineCrashed : voice.engineRestarted)
            return client
        } catch {
            say(voice.engineGone("\(error)"))
            return nil
        }
    }
}
