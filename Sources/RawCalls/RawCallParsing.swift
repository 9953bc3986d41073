import Kernel

/// What was typed and is no call, in a sentence.
public struct RawUsage: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    public let description: String
    /// A sentence.
    public init(_ description: String) { self.description = description }
}

extension RawCall {
    /// How each call is typed, for help: `raw CALL NAME ARGUMENTS`.
    public static let usage: [(call: String, arguments: String)] = [
        ("unshare", "KIND"), ("mount", "[-t TYPE] [-o OPTIONS] SOURCE TARGET"), ("umount", "[-l] TARGET"),
        ("mkdir", "PATH"), ("mknod", "PATH c MAJOR MINOR"), ("symlink", "TARGET PATH"),
        ("pivot-root", "NEW-ROOT OLD-ROOT"), ("chdir", "PATH"), ("sethostname", "HOSTNAME"), ("link-up", "lo"),
        ("capset", "docker|none|CAPABILITY..."), ("seccomp", "docker"), ("exec", "PROGRAM [ARGUMENT...]"),
    ]

    /// A call from the words behind the container's name.
    ///
    /// - Throws: ``RawUsage`` for a call that does not exist, or with other arguments than it takes.
    public init(_ name: String, _ words: [String]) throws(RawUsage) {
        guard let usage = Self.usage.first(where: { $0.call == name }) else {
            throw RawUsage("there is no call \"\(name)\"; there are: \(Self.usage.map(\.call).joined(separator: ", "))")
        }
        guard let call = try Self.read(name, words) else {
            throw RawUsage("usage: raw \(name) NAME \(usage.arguments)")
        }
        self = call
    }

    private static func read(_ name: String, _ words: [String]) throws(RawUsage) -> RawCall? {
        switch name {
        case "unshare":
            guard words.count == 1 else { return nil }
            return .unshare(try kind(words[0]))
        case "mount": return try mount(words)
        case "umount":
            let isLazy = words.first == "-l"
            let paths = isLazy ? Array(words.dropFirst()) : words
            return paths.count == 1 ? .unmount(target: paths[0], isLazy: isLazy) : nil
        case "mkdir": return words.count == 1 ? .makeDirectory(words[0]) : nil
        case "mknod":
            guard words.count == 4, words[1] == "c", let major = UInt32(words[2]), let minor = UInt32(words[3]) else {
                return nil
            }
            return .makeDevice(path: words[0], major: major, minor: minor)
        case "symlink": return words.count == 2 ? .makeSymlink(target: words[0], path: words[1]) : nil
        case "pivot-root": return words.count == 2 ? .pivotRoot(newRoot: words[0], oldRoot: words[1]) : nil
        case "chdir": return words.count == 1 ? .changeDirectory(words[0]) : nil
        case "sethostname": return words.count == 1 ? .setHostname(words[0]) : nil
        case "link-up": return words == ["lo"] ? .bringLoopbackUp : nil
        case "capset": return words.isEmpty ? nil : .limitCapabilities(try capabilities(words))
        case "seccomp": return words == ["docker"] ? .loadFilter : nil
        case "exec": return words.isEmpty ? nil : .execute(words)
        default: return nil
        }
    }

    /// A kind of namespace by its word.
    static func kind(_ word: String) throws(RawUsage) -> NamespaceKind {
        guard let kind = NamespaceKind(word: word) else {
            let known = NamespaceKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw RawUsage("there is no namespace of kind \"\(word)\"; there are: \(known)")
        }
        return kind
    }

    private static func mount(_ words: [String]) throws(RawUsage) -> RawCall? {
        var type = ""
        var options: [String] = []
        var paths: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-t":
                guard let value = rest.popFirst() else { return nil }
                type = value
            case "-o":
                guard let value = rest.popFirst() else { return nil }
                options += value.split(separator: ",").map(String.init)
            default: paths.append(word)
            }
        }
        guard paths.count == 2 else { return nil }
        var flags: UInt64 = 0
        var data: [String] = []
        for option in options {
            if let known = MountWords.names.first(where: { $0.word == option }) {
                flags |= known.bits
            } else {
                data.append(option)
            }
        }
        return .mount(
            source: paths[0], target: paths[1], type: type, flags: MountWords(rawValue: flags),
            data: data.joined(separator: ","))
    }

    private static func capabilities(_ words: [String]) throws(RawUsage) -> CapabilitySet {
        if words == ["docker"] { return .containerDefault }
        if words == ["none"] { return [] }
        var set = CapabilitySet()
        for word in words {
            guard let one = CapabilitySet(name: word) else { throw RawUsage("there is no capability \"\(word)\"") }
            set.formUnion(one)
        }
        return set
    }
}
