extension CommandSpec {
    /// Why a group of Docker's commands is left out here, as a sentence.
    static func leftOutReason(_ group: String) -> String {
        switch group {
        case "checkpoint":
            "\"docker checkpoint\" is left out here: it needs CRIU, which freezes a process into files, beside the engine."
        case "context":
            "\"docker context\" is left out here: Drydock talks to one engine at a time, named by -H or DOCKER_HOST."
        case "plugin": "\"docker plugin\" is left out here: Drydock's engine has no plugins."
        case "trust": "\"docker trust\" is left out here: it signs images with a server that Docker has retired."
        default:
            """
            "docker \(group)" is left out here: it belongs to Swarm, Docker's cluster of several hosts, of which Drydock \
            has the networks only.
            """
        }
    }
}
