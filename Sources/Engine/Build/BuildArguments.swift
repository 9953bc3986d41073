/// The values of ARG: which are declared where, and what the user gave for them.
struct BuildArguments {
    private let given: [String: String?]
    /// Declared before the first FROM.
    private var global: [String: String?] = [:]
    /// Declared in this stage.
    private var declared: [String: String?] = [:]
    private var used: Set<String> = []

    /// Arguments that need no declaration (Dockerfile reference, "Predefined ARGs").
    static let predefined: Set<String> = Set(
        ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap { [$0, $0.lowercased()] })

    init(_ given: [String: String?]) { self.given = given }

    mutating func beginStage() { declared = [:] }

    mutating func declareGlobally(_ name: String, _ value: String?) {
        used.insert(name)
        global[name] = .some(value)
    }

    mutating func declare(_ name: String, _ value: String?) {
        used.insert(name)
        declared[name] = .some(value)
    }

    private func value(of name: String, default value: String?) -> String? {
        if let override = given[name] { return override }
        return value ?? (global[name] ?? nil)
    }

    /// What FROM sees.
    var globals: [String: String] {
        global.reduce(into: [:]) { result, entry in
            if let value = value(of: entry.key, default: entry.value) { result[entry.key] = value }
        }
    }

    /// What the instructions of this stage see beside the environment.
    func values(besides environment: [String]) -> [String: String] {
        let names = Set(environment.map { String($0.prefix { $0 != "=" }) })
        var result: [String: String] = [:]
        for name in Set(declared.keys).union(Self.predefined) where !names.contains(name) {
            if let value = value(of: name, default: declared[name] ?? nil) { result[name] = value }
        }
        return result
    }

    /// Whether an argument belongs to what makes a RUN differ: predefined ones do only if they were declared.
    func countsForCache(_ name: String) -> Bool { declared[name] != nil || !Self.predefined.contains(name) }

    /// What was given and nothing asked for.
    var unused: [String] { given.keys.filter { !used.contains($0) && !Self.predefined.contains($0) }.sorted() }
}
