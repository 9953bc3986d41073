import OrderedJSON
public import Posix

/// What the solutions of a lesson showed on a machine that has all it requires.
public struct Recording: Sendable, Equatable {
    /// By step: the lines and what they printed.
    public var steps: [String: String] = [:]
    /// The values of answers, by `STEP/QUESTION`.
    public var answers: [String: String] = [:]

    /// Nothing.
    public init() {}

    /// Reads a recording; `nil` if there is none that can be read.
    public init?(path: String) {
        guard let bytes = try? Files.read(path), let json = try? JSON(parsing: bytes) else { return nil }
        for (id, text) in json["steps"]?.object ?? JSONObject() { steps[id] = text.string }
        for (id, value) in json["answers"]?.object ?? JSONObject() { answers[id] = value.string }
    }

    /// Adds a line and what came of it; gives the text.
    func add(_ line: ScriptLine, _ outcome: Outcome) -> String {
        "node1> \(line.text)\n" + outcome.output + outcome.errors
    }

    /// Writes the recording.
    public func write(to path: String) throws(SystemError) {
        var json = JSONObject()
        json["steps"] = .object(JSONObject(steps.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        json["answers"] = .object(JSONObject(answers.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        try Files.makeDirectories(Files.parent(of: path))
        try Files.replace(path, with: JSON.object(json).encoded(.indented), durable: false)
    }
}
