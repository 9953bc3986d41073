import DockerCLI
import EngineAPI
import EngineClient
import Glibc
import Narration
import OrderedJSON
import Posix

/// Goes through a docker command step by step: shows each step that waits in the engine, asks what to do with it, and
/// tells the engine.
///
/// The command runs on the thread that asked for it; the conversation has its own. They share the terminal in turns: a
/// container's input is read only after the last step was answered for.
final class StepConversation: CommandObserver {
    /// What the person at the keys wants.
    private enum Wish { case next, predict, run, stop, number(Int) }

    private struct State {
        var records: [StepRecord] = []
        /// How many steps have been shown.
        var shown = 0
        var predicts = false
        var hasEnded = false
        var problem: String?
    }

    /// The client that the command is to use: its requests go through the gate.
    let client: EngineClient
    private let engine: EngineClient
    private let path: String
    private let narrator: Narrator
    private let command: [String]
    private let plan: [StepRecord]
    private let io: CommandIO
    private let state = Monitor(State())

    /// A conversation about a command.
    ///
    /// - Parameters:
    ///   - engine: The engine, asked directly.
    ///   - narrator: In whose words; at its level, but never silent.
    ///   - command: The command's words without `docker`.
    ///   - plan: Its steps as far as they are known before; for the questions.
    ///   - io: Where keys come from; words go to its error output.
    init(engine: EngineClient, narrator: Narrator, command: [String], plan: [StepRecord], io: CommandIO) {
        let name = String(UInt64.random(in: 0x1000_0000_0000_0000 ... .max), radix: 16)
        self.engine = engine
        client = engine.adding(headers: [(DrydockAPI.stepHeader, name)])
        path = DrydockAPI.steppingPath.replacing("{session}", with: name)
        self.narrator = narrator
        self.command = command
        self.plan = plan
        self.io = io
    }

    /// All that was done, in order.
    var records: [StepRecord] { state.current.records }
    /// Why the conversation broke off, if it did.
    var problem: String? { state.current.problem }

    /// Opens the gate and begins to listen.
    /// - Throws: `EngineError` 404 from an engine that has no gates, and what else can go wrong with a request.
    func begin() throws {
        let stream = try engine.stream("GET", path)
        try Thread.start("stepping") { [self] in
            do { try listen(stream) } catch { state.withLock { $0.problem = "\(error)" } }
            state.withLock { $0.hasEnded = true }
        }
    }

    /// Closes the gate when the command has ended, and waits until all is told.
    func end() {
        do { _ = try engine.request("DELETE", path) } catch {
            // The engine is gone, and with it the stream that is waited for.
            state.withLock { $0.problem = $0.problem ?? "\(error)" }
        }
        _ = state.wait { $0.hasEnded ? true : nil }
    }

    /// A process that is added to a container begins behind the command's back: its output must wait for the last step.
    func operationsFinished(_ operations: [String], command: [String], on engine: EngineClient) {
        guard command.prefix(3).contains("exec") else { return }
        _ = state.wait { state in
            let isDone = state.records.contains { record in
                record.kind == .processExecute || record.state == .failed || record.state == .reverted
            }
            return isDone || state.hasEnded ? true : nil
        }
    }

    private func say(_ text: String) { LineRunner.write(text, to: io.errorOutput) }

    // MARK: Listening

    private func listen(_ stream: EngineStream) throws {
        while let line = try stream.nextJSON() {
            let record = try line.decode(StepRecord.self, keys: .asDeclared)
            switch record.state {
            case .planned: try answer(record)
            case .reverted: say(narrator.takenBack(record))
            case .failed:
                let isUndoing = records.contains { $0.index == record.index && $0.operation == record.operation }
                say(
                    isUndoing
                        ? narrator.takenBack(record) : narrator.done(record, command: command, earlier: records))
            default: say(narrator.done(record, command: command, earlier: records))
            }
            if record.state != .planned { state.withLock { $0.records.append(record) } }
        }
    }

    private func answer(_ record: StepRecord) throws {
        let number = state.withLock { state in
            state.shown += 1
            return state.shown
        }
        if state.current.predicts { try predict(record) }
        say(narrator.waiting(record, number: number, of: plan.isEmpty ? nil : plan.count))
        while true {
            say(narrator.stepPrompt)
            let wish = readWish()
            say("\n")
            switch wish {
            case .next: return try send("next")
            case .run: return try send("run")
            case .stop: return try send("stop")
            case .predict:
                if plan.isEmpty {
                    say(narrator.noPrediction)
                } else {
                    // This step is on the screen already: the questions begin with the one after it.
                    state.withLock { $0.predicts = true }
                    return try send("next")
                }
            case .number: continue
            }
        }
    }

    private func send(_ answer: String) throws {
        _ = try engine.request("POST", path, query: [("answer", answer)])
    }

    // MARK: Predicting

    /// Asks what comes next, before it is shown.
    private func predict(_ record: StepRecord) throws {
        let done = Set(records.map(\.kind)).union([record.kind])
        var others = plan.filter { !done.contains($0.kind) }
        guard !others.isEmpty else { return }
        // One that comes soon, and one that comes late.
        others = others.count < 2 ? others : [others[others.count / 3], others[others.count - 1]]
        if others.count == 2, others[0].kind == others[1].kind { others.removeLast() }
        let choices = (others + [record]).sorted { $0.command < $1.command }
        guard let right = choices.firstIndex(where: { $0.kind == record.kind }) else { return }
        say(narrator.question(choices, command: command))
        while true {
            say(narrator.questionPrompt(choices.count))
            let wish = readWish()
            say("\n")
            switch wish {
            case .number(let number) where choices.indices.contains(number - 1):
                return say(narrator.verdict(isRight: number - 1 == right, answer: right + 1))
            case .next, .run, .stop: return
            case .predict, .number: continue
            }
        }
    }

    // MARK: Keys

    /// Reads one key from a terminal, or a line's first letter from what is none. The end of the input lets all run on;
    /// at a terminal Ctrl-C and Ctrl-D take back.
    private func readWish() -> Wish {
        let terminal = KeyTerminal(io.input)
        defer { terminal?.restore() }
        while true {
            guard let byte = readByte() else { return terminal == nil ? .run : .stop }
            guard terminal == nil else {
                if let wish = Self.wish(of: byte) { return wish }
                continue
            }
            var wish = Self.wish(of: byte)
            var next: UInt8? = byte
            while let byte = next, byte != 0x0A { next = readByte() }
            if byte == 0x0A { wish = .next }
            if let wish { return wish }
        }
    }

    private static func wish(of byte: UInt8) -> Wish? {
        switch byte {
        case 0x0A, 0x0D, UInt8(ascii: " "), UInt8(ascii: "n"): .next
        case UInt8(ascii: "p"): .predict
        case UInt8(ascii: "c"): .run
        case UInt8(ascii: "q"), 0x03, 0x04: .stop
        case UInt8(ascii: "1")...UInt8(ascii: "9"): .number(Int(byte - UInt8(ascii: "0")))
        default: nil
        }
    }

    private func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(io.input, &byte, 1)
            if count == 1 { return byte }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}

/// A terminal that gives each key as it is typed (`termios(3)`): nothing is echoed, nothing makes a signal.
struct KeyTerminal {
    /// The terminal's descriptor.
    let number: Int32
    private let settings: termios

    /// `nil` for what is no terminal.
    init?(_ descriptor: Int32) {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return nil }
        number = descriptor
        self.settings = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(descriptor, TCSANOW, &settings)
    }

    /// Puts the settings back.
    func restore() {
        var settings = settings
        tcsetattr(number, TCSANOW, &settings)
    }
}
