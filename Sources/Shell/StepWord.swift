import DockerCLI
import EngineAPI
import EngineClient
import Narration

extension Shell {
    /// `step docker …`: performs a command one step at a time.
    func step(_ arguments: [String]) -> LineRunner.Command {
        guard arguments.first == "docker", arguments.count > 1 else {
            return own(.complain(voice.usage("step docker ...")))
        }
        let words = Array(arguments.dropFirst())
        return .own { [keeper, listener, voice] io in
            let say: (String) -> Void = { LineRunner.write($0 + "\n", to: 2) }
            guard let engine = keeper.alive(duringCommand: false, voice: voice, say: say) else { return 1 }
            var narrator = listener.narrator
            if narrator.level == .off { narrator.level = .brief }
            let columns: @Sendable () -> Int = { TerminalGuard.columns() }
            let planner = DockerCommandLine(client: engine, io: io, observer: nil, hints: true, columns: columns)
            // A command without a plan can be gone through all the same; there is only nothing to guess from.
            let plan = (try? planner.plan(words))?.steps ?? []
            let conversation = StepConversation(
                engine: engine, narrator: narrator, command: words, plan: plan, io: io)
            do { try conversation.begin() } catch let error as EngineError where error.status == 404 {
                say(voice.noStepping)
                return 1
            } catch {
                say("\(error)")
                return 1
            }
            listener.begin()
            let docker = DockerCommandLine(
                client: conversation.client, io: io, observer: conversation, hints: true, columns: columns)
            let code = docker.run(words)
            conversation.end()
            if let problem = conversation.problem { say(voice.steppingBroke(problem)) }
            listener.keep(conversation.records, command: words)
            if code != 0, keeper.alive(duringCommand: true, voice: voice, say: say) !== engine { return code }
            listener.finish(code: code, command: ["docker"] + words)
            return code
        }
    }
}
