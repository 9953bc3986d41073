import Glibc
import OrderedJSON

/// A mount as `--mount` takes it: fields `key=value` with commas.
enum MountText {
    private static let switches: Set<String> = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive"]

    /// Reads a mount into the shape of the Engine API's `Mount`.
    static func parse(_ text: String) -> Parsed<JSON> {
        if text.isEmpty { return .complaint("value is empty") }
        let fields: [String]
        switch CommaSeparated.parse(text) {
        case .success(let found): fields = found
        case .failure(let error): return .complaint(error.description)
        }
        var mount = MountFields()
        for field in fields {
            if let complaint = mount.read(field) { return .complaint(complaint) }
        }
        return mount.finish()
    }

    private struct MountFields {
        var kind = "volume"
        var source = ""
        var target = ""
        var isReadOnly = false
        var consistency = ""
        var bind = JSONObject()
        var volume = JSONObject()
        var image = JSONObject()
        var temporary = JSONObject()

        mutating func read(_ field: String) -> String? {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let key = parts[0].lowercased()
            var value = parts.count == 2 ? parts[1] : ""
            if parts.count == 1 {
                guard switches.contains(key) else { return "invalid field '\(field)' must be a key=value pair" }
                value = "true"
            }
            func flag() -> Parsed<Bool> {
                FlagValue.bool(value).map { .value($0) } ?? .complaint("invalid value for \(key): \(value)")
            }
            switch key {
            case "type": kind = value.lowercased()
            case "source", "src": source = VolumeText.absolute(value)
            case "target", "dst", "destination": target = value
            case "readonly", "ro":
                guard let on = flag().value else { return flag().complaint }
                isReadOnly = on
            case "consistency": consistency = value.lowercased()
            case "bind-propagation": bind["Propagation"] = .string(value.lowercased())
            case "bind-nonrecursive":
                guard let on = flag().value else { return flag().complaint }
                bind["NonRecursive"] = .bool(on)
            case "bind-recursive":
                switch value {
                case "enabled": break
                case "disabled": bind["NonRecursive"] = true
                case "writable": bind["ReadOnlyNonRecursive"] = true
                case "readonly": bind["ReadOnlyForceRecursive"] = true
                default:
                    return
                        "invalid value for bind-recursive: \(value) (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"
                }
            case "volume-subpath": volume["Subpath"] = .string(value)
            case "volume-nocopy":
                guard let on = flag().value else { return flag().complaint }
                volume["NoCopy"] = .bool(on)
            case "volume-label": set(value, in: "Labels")
            case "volume-driver":
                var driver = volume["DriverConfig"]?.object ?? JSONObject()
                driver["Name"] = .string(value)
                volume["DriverConfig"] = .object(driver)
            case "volume-opt":
                var driver = volume["DriverConfig"]?.object ?? JSONObject()
                var options = driver["Options"]?.object ?? JSONObject()
                let pair = KeyValue.split(value)
                options[pair.key] = .string(pair.value ?? "")
                driver["Options"] = .object(options)
                volume["DriverConfig"] = .object(driver)
            case "image-subpath": image["Subpath"] = .string(value)
            case "tmpfs-size":
                do throws(SizeText.Invalid) { temporary["SizeBytes"] = .integer(try SizeText.parse(value)) } catch {
                    return "invalid value for \(key): \(value)"
                }
            case "tmpfs-mode":
                guard let mode = Int64(value, radix: 8) else { return "invalid value for \(key): \(value)" }
                temporary["Mode"] = .integer(mode)
            default: return "unexpected key '\(key)' in '\(field)'"
            }
            return nil
        }

        private mutating func set(_ text: String, in name: String) {
            var members = volume[name]?.object ?? JSONObject()
            let pair = KeyValue.split(text)
            members[pair.key] = .string(pair.value ?? "")
            volume[name] = .object(members)
        }

        func finish() -> Parsed<JSON> {
            if kind.isEmpty { return .complaint("type is required") }
            if target.isEmpty { return .complaint("target is required") }
            let groups: [(name: String, object: JSONObject, kind: String)] = [
                ("volume-*", volume, "volume"), ("bind-*", bind, "bind"), ("tmpfs-*", temporary, "tmpfs"),
                ("image-*", image, "image"),
            ]
            for group in groups where !group.object.isEmpty && kind != group.kind {
                return .complaint("cannot mix '\(group.name)' options with mount type '\(kind)'")
            }
            var mount: JSONObject = ["Type": .string(kind)]
            if !source.isEmpty { mount["Source"] = .string(source) }
            mount["Target"] = .string(target)
            if isReadOnly { mount["ReadOnly"] = true }
            if !consistency.isEmpty { mount["Consistency"] = .string(consistency) }
            if !bind.isEmpty { mount["BindOptions"] = .object(bind) }
            if !volume.isEmpty { mount["VolumeOptions"] = .object(volume) }
            if !image.isEmpty { mount["ImageOptions"] = .object(image) }
            if !temporary.isEmpty { mount["TmpfsOptions"] = .object(temporary) }
            return .value(.object(mount))
        }
    }
}

/// A volume as `-v` takes it: `[source:]target[:options]`.
enum VolumeText {
    /// What `-v` asks for.
    enum Meaning: Equatable {
        /// A volume without a name at a path.
        case anonymous(String)
        /// An entry of the engine's `Binds`.
        case bind(String)
    }

    /// Reads a volume.
    static func parse(_ text: String) -> Parsed<Meaning> {
        if text.isEmpty { return .complaint("invalid empty volume spec") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1 { return .value(.anonymous(text)) }
        // One letter before the first colon is taken for a drive of Windows, as Docker's client takes it.
        if parts.count == 2, parts[0].count == 1, parts[0].first?.isLetter == true { return .value(.anonymous(text)) }
        if parts.contains("") { return .complaint("invalid spec: \(text): empty section between colons") }
        guard parts[0].hasPrefix(".") else { return .value(.bind(text)) }
        return .value(.bind(absolute(parts[0]) + ":" + parts.dropFirst().joined(separator: ":")))
    }

    /// A path that begins with `.` made absolute; others stay.
    static func absolute(_ path: String) -> String {
        guard path == "." || path == ".." || path.hasPrefix("./") || path.hasPrefix("../"),
            let buffer = getcwd(nil, 0)
        else { return path }
        defer { free(buffer) }
        var parts = String(cString: buffer).split(separator: "/")
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
