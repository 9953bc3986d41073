import OrderedJSON

/// Whether steps have happened in an engine that does not tell its steps: by the events that it tells of them.
struct ObservedHappening {
    /// The kinds of steps, in their order.
    var kinds: [String]
    /// What they were done to, by name; `nil` for anything.
    var object: String?

    /// The events that show a kind of step. Others leave no event, and are never seen to have happened.
    private static let signs: [String: [(type: String, action: String)]] = [
        "image.tag": [("image", "tag")], "image.untag": [("image", "untag")], "image.delete": [("image", "delete")],
        "image.load": [("image", "load")], "container.create": [("container", "create")],
        "container.delete": [("container", "destroy")], "container.rename": [("container", "rename")],
        "process.execute": [("container", "start"), ("container", "exec_start")],
        "process.clone": [("container", "start")], "namespace.enter": [("container", "exec_start")],
        "process.signal": [("container", "kill")], "process.end": [("container", "die")],
        "cgroup.freeze": [("container", "pause")], "cgroup.thaw": [("container", "unpause")],
        "cgroup.limit": [("container", "update")], "volume.create": [("volume", "create")],
        "volume.delete": [("volume", "destroy")], "network.create": [("network", "create")],
        "network.delete": [("network", "destroy")],
    ]

    /// Looks for the signs in events, in their order.
    func outcome(of events: [JSON]) -> Outcome {
        var rest = kinds[...]
        for event in events {
            guard let kind = rest.first, isSign(event, of: kind) else { continue }
            rest.removeFirst()
        }
        return Outcome(
            code: rest.isEmpty ? 0 : 1,
            errors: rest.isEmpty ? "" : "it has not been seen to happen: \(rest.joined(separator: ", "))")
    }

    private func isSign(_ event: JSON, of kind: String) -> Bool {
        let action = event["Action"]?.string?.split(separator: ":").first.map(String.init)
        let signs = Self.signs[kind] ?? []
        guard signs.contains(where: { $0.type == event["Type"]?.string && $0.action == action }) else { return false }
        guard let object else { return true }
        return event["Actor"]?["Attributes"]?["name"]?.string == object || event["Actor"]?["ID"]?.string == object
    }
}
