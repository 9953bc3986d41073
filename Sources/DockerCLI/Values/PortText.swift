/// A published port of a container.
struct PortMapping: Equatable {
    /// The host's address; empty for all.
    var hostAddress: String
    /// The host's port or range; empty for any.
    var hostPort: String
    /// The container's port and protocol, `80/tcp`.
    var containerPort: String
}

/// Ports as `-p` and `--expose` take them (docker/go-connections).
enum PortText {
    /// Reads `[[address:][host port]:]container port[/protocol]`, with ranges, or the long form with commas.
    static func publish(_ text: String) -> Parsed<[PortMapping]> {
        var spec = text
        if text.contains("=") {
            var fields = ["protocol": "tcp"]
            for field in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let equals = field.firstIndex(of: "="), equals > field.startIndex else {
                    return .complaint("invalid publish opts format (should be name=value but got '\(field)')")
                }
                fields[String(field[..<equals])] = String(field[field.index(after: equals)...])
            }
            spec = "\(fields["published"] ?? ""):\(fields["target"] ?? "")/\(fields["protocol"] ?? "")"
        }
        let parts = spec.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let container = parts[parts.count - 1]
        let host = parts.count > 1 ? parts[parts.count - 2] : ""
        var address = parts.dropLast(2).joined(separator: ":")
        let (port, transport) = splitProtocol(container)
        if address.hasPrefix("[") {
            guard address.hasSuffix("]") else {
                return .complaint("invalid IP address \(address): address \(address):: missing ']' in address")
            }
            address = String(address.dropFirst().dropLast())
        }
        if !address.isEmpty && !FlagValue.isAddress(address) { return .complaint("invalid IP address: \(address)") }
        if port.isEmpty { return .complaint("no port specified: \(spec)<empty>") }
        guard case .value(let range) = self.range(port) else { return .complaint("invalid containerPort: \(port)") }
        var hostRange = 0...0
        if !host.isEmpty {
            guard case .value(let found) = self.range(host) else { return .complaint("invalid hostPort: \(host)") }
            hostRange = found
        }
        if !host.isEmpty && range.count != hostRange.count && range.count > 1 {
            return .complaint("invalid ranges specified for container and host Ports: \(port) and \(host)")
        }
        guard ["tcp", "udp", "sctp"].contains(transport.lowercased()) else {
            return .complaint("invalid proto: \(transport)")
        }
        return .value(
            range.map { number in
                var hostPort = host.isEmpty ? "" : String(hostRange.lowerBound + number - range.lowerBound)
                if range.count == 1 && hostRange.count > 1 {
                    hostPort = "\(hostRange.lowerBound)-\(hostRange.upperBound)"
                }
                return PortMapping(
                    hostAddress: address, hostPort: hostPort, containerPort: "\(number)/\(transport.lowercased())")
            })
    }

    /// Reads `port[-port][/protocol]`.
    static func expose(_ text: String) -> Parsed<[String]> {
        if text.contains(":") { return .complaint("invalid port format for --expose: \(text)") }
        let (port, transport) = splitProtocol(text)
        switch range(port) {
        case .complaint(let complaint):
            return .complaint("invalid range format for --expose: \(text), error: \(complaint)")
        case .value(let range): return .value(range.map { "\($0)/\(transport.lowercased())" })
        }
    }

    /// What is wrong with `port[/protocol]`; `nil` if nothing is.
    static func complaint(aboutPort text: String) -> String? {
        guard case .complaint(let complaint) = range(splitProtocol(text).port) else { return nil }
        return complaint
    }

    private static func splitProtocol(_ text: String) -> (port: String, transport: String) {
        guard let slash = text.firstIndex(of: "/") else { return (text, "tcp") }
        let transport = String(text[text.index(after: slash)...])
        return (String(text[..<slash]), transport.isEmpty ? "tcp" : transport)
    }

    private static func range(_ text: String) -> Parsed<ClosedRange<Int>> {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if text.isEmpty { return .complaint("empty string specified for ports") }
        var numbers: [Int] = []
        for end in ends {
            guard !end.isEmpty, end.allSatisfy({ ("0"..."9").contains($0) }) else {
                return .complaint("strconv.ParseUint: parsing \(GoFormat.quote(end)): invalid syntax")
            }
            guard let number = UInt16(end) else {
                return .complaint("strconv.ParseUint: parsing \(GoFormat.quote(end)): value out of range")
            }
            numbers.append(Int(number))
        }
        let last = numbers.count == 2 ? numbers[1] : numbers[0]
        if last < numbers[0] { return .complaint("invalid range specified for port: \(text)") }
        return .value(numbers[0]...last)
    }
}
