import OrderedJSON

/// Where a container is in its life, as `docker inspect` shows it under `State`.
struct ContainerState: Sendable, Equatable, Codable {
    /// The names are Docker's.
    enum Status: String, Sendable, Codable {
        case created, running, paused, restarting, removing, exited, dead
    }

    var status: Status = .created
    var outOfMemoryKilled = false
    var pid: Int32 = 0
    var exitCode: Int32 = 0
    var error = ""
    /// Nanoseconds since 1970; 0 is never.
    var startedAt: Int64 = 0
    var finishedAt: Int64 = 0
    var restartCount = 0
    /// Whether someone asked for its end, so that no restart policy brings it back.
    var wasStoppedByHand = false
    /// What its health checks say; `nil` without any.
    var health: Health?

    var isRunning: Bool { status == .running || status == .paused || status == .restarting }

    /// The object that `docker inspect` shows.
    var json: JSON {
        var object: JSONObject = [
            "Status": .string(status.rawValue),
            "Running": .bool(isRunning), "Paused": .bool(status == .paused),
            "Restarting": .bool(status == .restarting), "OOMKilled": .bool(outOfMemoryKilled),
            "Dead": .bool(status == .dead), "Pid": .integer(Int64(pid)), "ExitCode": .integer(Int64(exitCode)),
            "Error": .string(error), "StartedAt": .string(Timestamp.text(startedAt)),
            "FinishedAt": .string(Timestamp.text(finishedAt)),
        ]
        if let health { object["Health"] = health.json }
        return .object(object)
    }
}
