import DockerCLI
import EngineAPI
import EngineClient
import Narration
import OrderedJSON
import Synchronization

/// `explain`: what a command would do, or why one failed.
extension Shell {
    /// What a docker command would do: its flags' meanings, then the plan. Nothing is performed.
    ///
    /// Without arguments it is about the last command that failed.
    func explain(_ arguments: [String]) -> Answer {
        if arguments.isEmpty { return explainFailure() }
        if arguments.first == "node", arguments.count > 1 { return explainNode(arguments) }
        guard arguments.first == "docker", arguments.count > 1 else {
            return .complain(voice.usage("explain docker ... | explain node ..."))
        }
        let docker = DockerCommandLine(
            client: keeper.current, io: CommandIO(), observer: nil, hints: true, columns: { TerminalGuard.columns() },
            makeClient: configuration.makeClient)
        let command = Array(arguments.dropFirst())
        do throws(PlanFailure) {
            let plan = try docker.plan(command)
            let width = plan.flags.map(\.flag.count).max() ?? 0
            let flags = plan.flags.map { flag, meaning in
                let line = "  \(flag)" + String(repeating: " ", count: width - flag.count) + "  \(meaning)"
                return TextWrapping.list(line, column: width + 4, columns: TerminalGuard.columns()) + "\n"
            }
            let goesOn = plan.goesOn ? voice.planGoesOn + "\n" : ""
            return Answer(text: flags.joined() + tell(plan.steps, command, of: plan.engine) + goesOn)
        } catch {
            return .complain(error.description)
        }
    }

    /// The plan of a command about the lab's nodes.
    private func explainNode(_ words: [String]) -> Answer {
        guard configuration.hasLab else { return .complain(voice.noLab) }
        do {
            var commands = LabCommands(
                client: try configuration.reconnect("node1"), current: keeper.node, language: voice.language)
            let plan = PlanCollector()
            commands.plan = plan
            let answer = commands.run(Array(words.dropFirst()))
            if !plan.steps.isEmpty { return Answer(text: tell(plan.steps, words)) }
            return .complain(
                answer.complaint.isEmpty ? voice.changesNothing(words.joined(separator: " ")) : answer.complaint)
        } catch { return .complain("\(error)") }
    }

    /// A plan in words. It is kept, so that `why`, `evidence` and `steps` are about it.
    private func tell(_ plan: [StepRecord], _ command: [String], of engine: EngineClient? = nil) -> String {
        listener.keep(plan, command: command, of: engine)
        var narrator = listener.teller
        narrator.level = narrator.level == .off || narrator.level == .adaptive ? .brief : narrator.level
        narrator.concepts = nil
        return narrator.narrate(plan, command: command)
    }

    private func explainFailure() -> Answer {
        let narrator = listener.narrator
        guard let failure = lastFailure.command else { return Answer(text: narrator.explain(nil, advice: nil)) }
        let advice = Advice.on(failure, in: narrator.language, around: .of(keeper.current))
        return Answer(text: narrator.explain(failure, advice: advice))
    }
}

/// What docker said on the error output while a command ran.
final class Complaints: Sendable {
    private let lines = Mutex<[String]>([])

    /// The same descriptors, with an ear on the error output.
    func listening(to io: CommandIO) -> CommandIO {
        var io = io
        io.heard = { [self] text in lines.withLock { $0.append(text) } }
        return io
    }

    /// All that was said.
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

/// The last docker command that failed, and the line of help below its message.
final class LastFailure: Sendable {
    private let last = Mutex<FailedCommand?>(nil)

    /// The command; `nil` if none has failed yet.
    var command: FailedCommand? { last.withLock { $0 } }

    /// Notes how a command ended. Below one that failed by docker's fault or the learner's, not by the program's in the
    /// container, a line of help is written, if there is any to give.
    ///
    /// - Parameters:
    ///   - words: The command's words without `docker`.
    ///   - complaints: What was said on the error output.
    ///   - listener: Knows the steps that failed, and in which words to tell.
    func note(
        _ code: Int32, _ words: [String], _ complaints: Complaints, listener: StepListener, engine: EngineClient
    ) {
        let steps = listener.command == words ? listener.records : []
        let narrator = listener.narrator
        guard code != 0 else {
            if let advice = Advice.onDetachedShell(words, steps, in: narrator.language), narrator.level != .off {
                listener.say(narrator.hint(advice))
            }
            return
        }
        let failed = steps.filter { $0.state == .failed }.compactMap { $0.failure?.message }
        let message = ([complaints.text] + failed).filter { !$0.isEmpty }.joined(separator: "\n")
        guard !message.isEmpty else { return }
        let failure = FailedCommand(words: words, message: message, code: code)
        last.withLock { $0 = failure }
        // Where the command line's own parser has a guess, a second one would be too many.
        guard narrator.level != .off, !message.contains("Did you mean"),
            let advice = Advice.on(failure, in: narrator.language, around: .of(engine))
        else { return }
        listener.say(narrator.hint(advice))
    }
}

extension Surroundings {
    /// What an engine has. What it does not answer is not known: help never complains.
    static func of(_ engine: EngineClient) -> Surroundings {
        let containers: @Sendable () -> [JSON] = {
            (try? engine.request("GET", "/containers/json", query: [("all", "1")]).json())?.array ?? []
        }
        let name: @Sendable (JSON) -> String? = { $0["Names"]?[0]?.string.map { String($0.drop { $0 == "/" }) } }
        let images: @Sendable () -> [String] = {
            let list = (try? engine.request("GET", "/images/json").json())?.array ?? []
            return list.flatMap { $0["RepoTags"]?.array?.compactMap(\.string) ?? [] }.map { tag in
                tag.hasSuffix(":latest") ? String(tag.dropLast(7)) : tag
            }
        }
        return Surroundings(
            containerNear: { wanted in Shell.nearest(to: wanted, in: containers().compactMap(name)) },
            imageNear: { wanted in Shell.nearest(to: wanted, in: images()) }, images: images,
            publisher: { port in
                containers().first { container in
                    container["Ports"]?.array?.contains { $0["PublicPort"]?.integer.map(String.init) == port } ?? false
                }.flatMap(name)
            })
    }
}
