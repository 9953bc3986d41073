/// Names for containers whose user gave none: an adjective and somebody the sea or the computer owes something.
enum ContainerNames {
    private static let adjectives = [
        "able", "agile", "amber", "brave", "breezy", "bright", "brisk", "calm", "candid", "clever", "coastal", "cosmic",
        "crisp", "daring", "deep", "eager", "early", "fair", "fearless", "fluent", "fond", "gentle", "gifted", "golden",
        "handy", "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "lively", "loyal", "lucid", "mellow",
        "merry", "mighty", "modest", "nimble", "noble", "patient", "placid", "polite", "proud", "quick", "quiet",
        "ready", "serene", "sharp", "silent", "steady", "stoic", "sturdy", "sunny", "swift", "tender", "tidal",
        "trusty",
        "upbeat", "vivid", "warm", "wise", "witty", "zesty",
    ]
    private static let surnames = [
        "amundsen", "babbage", "backus", "banks", "barents", "bartik", "beaufort", "bering", "blackburn", "boole",
        "brunel", "cabot", "carroll", "cerf", "clark", "conway", "cook", "cousteau", "dijkstra", "drake", "earle",
        "eckert", "engelbart", "floyd", "gama", "goldberg", "hamilton", "harrison", "heyerdahl", "hoare", "holberton",
        "hopper", "jangyeongsil", "jennings", "kay", "kernighan", "knuth", "lamport", "liskov", "lovelace", "magellan",
        "mauchly", "mercator", "nansen", "neumann", "perlman", "pike", "postel", "ritchie", "ross", "shannon",
        "slocum", "stallman", "tasman", "tharp", "thompson", "torvalds", "turing", "wilkes", "wirth", "yisunsin",
        "zuse",
    ]

    /// A name that nobody has.
    static func make(isTaken: (String) -> Bool) -> String {
        for attempt in 0... {
            let name = "\(adjectives.randomElement() ?? "calm")_\(surnames.randomElement() ?? "turing")"
            let candidate = attempt < 5 ? name : name + String(Int.random(in: 0...9999))
            if !isTaken(candidate) { return candidate }
        }
        return "calm_turing"
    }

    /// Whether a name is allowed: a letter or digit, then letters, digits, `_`, `.` and `-`, two at least.
    static func isValid(_ name: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        let bytes = Array(name.utf8)
        guard bytes.count >= 2, isWord(bytes[0]) else { return false }
        return bytes.dropFirst().allSatisfy { isWord($0) || [UInt8](" _.-".utf8).dropFirst().contains($0) }
    }
}
