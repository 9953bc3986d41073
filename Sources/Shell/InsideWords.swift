import EngineAPI
import EngineClient
import Narration
import OrderedJSON

/// The words that show containers as they are now: `inside` and `compare`.
extension Shell {
    /// `inside CONTAINER`
    func inside(_ arguments: [String]) -> Answer {
        guard arguments.count == 1 else { return .complain(voice.usage("inside CONTAINER")) }
        return views(arguments) { narrator, views in narrator.inside(views[0]) }
    }

    /// `compare A B`
    func compare(_ arguments: [String]) -> Answer {
        guard arguments.count == 2 else { return .complain(voice.usage("compare CONTAINER CONTAINER")) }
        return views(arguments) { narrator, views in narrator.compare(views[0], views[1]) }
    }

    private func views(_ names: [String], _ show: (Narrator, [ContainerView]) -> String) -> Answer {
        guard let client = keeper.alive(duringCommand: false, voice: voice, say: { LineRunner.write($0 + "\n", to: 2) })
        else { return Answer(code: 1) }
        do {
            let views = try names.map { name in
                let path = DrydockAPI.insidePath.replacing("{name}", with: name)
                return try client.request("GET", path).json().decode(ContainerView.self, keys: .asDeclared)
            }
            return Answer(text: show(listener.narrator, views))
        } catch let error as EngineError where error.status == 404 && !error.message.contains("No such container") {
            return .complain(voice.foreignEngine)
        } catch let error as EngineError {
            return .complain("Error response from daemon: \(error.message)")
        } catch {
            return .complain("\(error)")
        }
    }
}
