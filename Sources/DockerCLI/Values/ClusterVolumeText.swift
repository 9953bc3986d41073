import OrderedJSON

/// Volumes of a Swarm cluster: the flags that ask for them, and what lists show of them.
enum ClusterVolumeText {
    /// The specification that the flags of `docker volume create` ask for; `nil` for a volume of one host.
    static func specification(_ parsed: ParsedCommand) -> JSON? {
        let flags = ["group", "scope", "sharing", "availability", "type", "secret", "limit-bytes", "required-bytes"]
        guard flags.contains(where: { parsed.isSet($0) }) else { return nil }
        var access: JSONObject = [
            "Scope": .string(parsed.string("scope")), "Sharing": .string(parsed.string("sharing")),
        ]
        switch parsed.string("type") {
        case "mount": access["MountVolume"] = [:]
        case "block": access["BlockVolume"] = [:]
        default: break
        }
        var requirements = JSONObject()
        for (flag, member) in [("topology-required", "Requisite"), ("topology-preferred", "Preferred")] {
            let topologies = parsed.strings(flag).map { text -> JSON in
                ["Segments": KeyValue.object(text.split(separator: ",").map(String.init))]
            }
            if !topologies.isEmpty { requirements[member] = .array(topologies) }
        }
        var capacity = JSONObject()
        if let bytes = parsed.bytes("required-bytes"), bytes != 0 { capacity["RequiredBytes"] = .integer(bytes) }
        if let bytes = parsed.bytes("limit-bytes"), bytes != 0 { capacity["LimitBytes"] = .integer(bytes) }
        let secrets = parsed.strings("secret").map { text in
            let (key, value) = KeyValue.split(text)
            return (key: key, value: value ?? "")
        }.sorted { $0.key < $1.key }
        return [
            "Group": .string(parsed.string("group")), "AccessMode": .object(access),
            "AccessibilityRequirements": .object(requirements), "CapacityRange": .object(capacity),
            "Secrets": .array(secrets.map { ["Key": .string($0.key), "Secret": .string($0.value)] }),
            "Availability": .string(parsed.string("availability")),
        ]
    }

    /// The column AVAILABILITY.
    static func availability(_ volume: JSON) -> String {
        volume["ClusterVolume"]?["Spec"]?["Availability"]?.string ?? "N/A"
    }

    /// The column STATUS: how far the cluster is with it.
    static func status(_ volume: JSON) -> String {
        guard let cluster = volume["ClusterVolume"], cluster.object != nil else { return "N/A" }
        guard cluster["Info"]?["VolumeID"]?.string?.isEmpty == false else { return "pending creation" }
        let nodes = cluster["PublishStatus"]?.array?.count ?? 0
        if nodes > 0 { return "in use (\(nodes) node\(nodes == 1 ? "" : "s"))" }
        return "created"
    }
}
