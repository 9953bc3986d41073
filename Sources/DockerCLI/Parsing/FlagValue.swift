import Glibc

/// Checks what is given for flags, with the messages of Docker's client.
enum FlagValue {
    /// What is wrong with a value; `nil` if nothing.
    static func complaint(about value: String, as flag: FlagSpec) -> String? {
        switch flag.type {
        case .bool: return bool(value) == nil ? syntax("ParseBool", value) : nil
        case .string, .list, .map: return nil
        case .gpuRequest: return GPURequestText.parse(value).complaint
        case .strings:
            if value.isEmpty { return nil }
            if case .failure(let error) = CommaSeparated.parse(value) { return error.description }
            return nil
        case .int: return integer(value)
        case .uint: return unsigned(value, upTo: .max)
        case .uint16: return unsigned(value, upTo: 65535)
        case .bytes: return size(value)
        case .bytesOrUnlimited: return value == "-1" ? nil : size(value)
        case .duration:
            do throws(DurationText.Invalid) { _ = try DurationText.parse(value) } catch { return error.description }
            return nil
        case .decimal: return CPUCount.parse(value).complaint
        case .sysctl: return sysctl(value)
        case .filter:
            return value.isEmpty || value.contains("=") ? nil : "bad format of filter (expected name=value)"
        case .mount: return MountText.parse(value).complaint
        case .network: return NetworkText.parse(value).complaint
        case .ulimit: return UlimitText.parse(value).complaint
        case .environment:
            return value.isEmpty || value.hasPrefix("=") ? "invalid environment variable: \(value)" : nil
        case .label: return value.isEmpty || value.hasPrefix("=") ? "invalid label '\(value)': empty name" : nil
        case .imageName: return ImageReference.parse(value).complaint
        case .extraHost: return extraHost(value)
        case .address: return isAddress(trimmed(value)) ? nil : "IP address is not correctly formatted: \(value)"
        case .domain: return isDomain(value) ? nil : "\(value) is not a valid domain"
        case .link: return link(value)
        case .standardStream:
            return ["stdin", "stdout", "stderr"].contains(value.lowercased())
                ? nil : "valid streams are STDIN, STDOUT and STDERR"
        case .deviceWeight: return DeviceRate.weight(value).complaint
        case .deviceByteRate: return DeviceRate.bytes(value).complaint
        case .deviceOperationRate: return DeviceRate.operations(value).complaint
        case .deviceRule: return isDeviceRule(value) ? nil : "invalid device cgroup format '\(value)'"
        }
    }

    /// A boolean as Go reads it.
    static func bool(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }

    private static func syntax(_ function: String, _ value: String) -> String {
        "strconv.\(function): parsing \(GoFormat.quote(value)): invalid syntax"
    }

    private static func integer(_ value: String) -> String? {
        if GoNumber.integer(value) != nil { return nil }
        let digits = value.hasPrefix("-") || value.hasPrefix("+") ? value.dropFirst() : Substring(value)
        if !digits.isEmpty && digits.allSatisfy({ ("0"..."9").contains($0) }) {
            return "strconv.ParseInt: parsing \(GoFormat.quote(value)): value out of range"
        }
        return syntax("ParseInt", value)
    }

    private static func unsigned(_ value: String, upTo limit: UInt64) -> String? {
        guard !value.isEmpty, value.allSatisfy({ ("0"..."9").contains($0) }) else { return syntax("ParseUint", value) }
        if let number = UInt64(value), number <= limit { return nil }
        return "strconv.ParseUint: parsing \(GoFormat.quote(value)): value out of range"
    }

    private static func size(_ value: String) -> String? {
        do throws(SizeText.Invalid) { _ = try SizeText.parse(value) } catch { return error.description }
        return nil
    }

    private static let allowedSysctls: Set<String> = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ]

    private static func sysctl(_ value: String) -> String? {
        let refusal = "sysctl '\(value)' is not allowed"
        guard let equals = value.firstIndex(of: "=") else { return refusal }
        let name = String(value[..<equals])
        return allowedSysctls.contains(name) || name.hasPrefix("net.") || name.hasPrefix("fs.mqueue.") ? nil : refusal
    }

    private static func extraHost(_ value: String) -> String? {
        guard let mark = value.firstIndex(of: "=") ?? value.firstIndex(of: ":"), mark > value.startIndex else {
            return "bad format for add-host: \(GoFormat.quote(value))"
        }
        var address = String(value[value.index(after: mark)...])
        if address == "host-gateway" { return nil }
        if address.hasPrefix("[") && address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        return isAddress(address) ? nil : "invalid IP address in add-host: \(GoFormat.quote(address))"
    }

    private static func link(_ value: String) -> String? {
        if value.isEmpty { return "empty string specified for links" }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 2 ? "bad format for links: \(value)" : nil
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }

    /// Whether a text is an IPv4 or IPv6 address (`inet_pton(3)`).
    static func isAddress(_ text: String) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
    }

    private static func isDomain(_ text: String) -> Bool {
        let value = trimmed(text)
        if value == "." { return true }
        guard value.contains(where: { $0.isASCII && $0.isLetter }), value.count < 255 else { return false }
        let bare = value.hasSuffix(".") ? String(value.dropLast()) : value
        return bare.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }

    private static func isDeviceRule(_ text: String) -> Bool {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, ["a", "b", "c"].contains(words[0]) else { return false }
        let numbers = words[1].split(separator: ":", omittingEmptySubsequences: false)
        return numbers.count == 2
            && numbers.allSatisfy { $0 == "*" || !$0.isEmpty && $0.allSatisfy(\.isNumber) }
            && (1...3).contains(words[2].count) && words[2].allSatisfy { "rwm".contains($0) }
    }
}

/// What a value's text means, or what is wrong with it in Docker's words.
enum Parsed<Value> {
    case value(Value)
    case complaint(String)

    /// What is wrong.
    var complaint: String? { if case .complaint(let text) = self { text } else { nil } }

    /// The meaning.
    var value: Value? { if case .value(let value) = self { value } else { nil } }

    /// The meaning, or a failure of the command.
    func get(code: Int32 = 125) throws(CommandFailure) -> Value {
        switch self {
        case .value(let value): return value
        case .complaint(let text): throw CommandFailure(text, code: code)
        }
    }
}
