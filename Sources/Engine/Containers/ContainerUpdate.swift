import EngineAPI
import Kernel
import OrderedJSON
import Steps

extension Node {
    /// Changes the limits and the restart policy of a container, also while it runs (API: ContainerUpdate).
    ///
    /// - Returns: Warnings.
    public func updateContainer(_ reference: String, body: JSON, operation: String) throws -> [String] {
        let container = try self.container(reference)
        return try container.lifecycle.withLock { _ in
            let life = container.life.current
            let old = life.definition.hostObject
            let (host, warnings) = try settings(of: container, updatedBy: body)
            do { try container.change { $0.hostConfig = .object(host) } } catch {
                throw EngineFailure(wrapping: error, doing: "updating container \(container.name)")
            }
            if let running = life.running {
                do { try apply(host, over: old, to: running.cgroup, container, operation) } catch {
                    _ = try? container.change { $0.hostConfig = .object(old) }
                    throw error
                }
            }
            publish("update", container)
            return warnings
        }
    }

    /// The plan of ``updateContainer(_:body:operation:)``; nothing for a container that does not run.
    public func planUpdate(_ reference: String, body: JSON) throws -> [StepRecord] {
        let container = try self.container(reference)
        let host = try settings(of: container, updatedBy: body).host
        guard let running = container.life.current.running else { return [] }
        let steps = limitSteps(host, over: container.life.current.definition.hostObject, of: running.cgroup)
        return plan(Procedure(title: "update container", object: container.name, steps: steps))
    }

    /// A container's settings after an update, checked, and what Docker warns of.
    private func settings(of container: Container, updatedBy body: JSON) throws -> (
        host: JSONObject, warnings: [String]
    ) {
        let life = container.life.current
        if ["removing", "dead"].contains(life.state.status.rawValue) {
            throw EngineFailure.conflict(
                "Cannot update container \(container.id): Container is marked for removal and cannot be \"update\".")
        }
        let old = life.definition.hostObject
        try checkMemory(body, old: old, of: container)
        var host = try Self.updated(old, by: body)
        let warnings = try AbsentControllers(profile: kernel.profile).discard(from: &host)
        try SettingsCheck(profile: kernel.profile).check(config: life.definition.configObject, host: host)
        return (host, warnings)
    }

    /// The steps that set the limits which are others than before.
    private func limitSteps(_ host: JSONObject, over old: JSONObject, of cgroup: any Cgroup) -> [Step] {
        let before = CgroupPlan(host: old, profile: kernel.profile).limits
        let group = Late<any Cgroup>("the cgroup")
        group.set(cgroup)
        return CgroupPlan(host: host, profile: kernel.profile).limits.filter { !before.contains($0) }
            .map { CgroupPlan.step($0, cgroup: group, file: cgroup.path) }
    }

    /// The settings that an update may change.
    private static let changeable = Shape(
        "UpdateConfig",
        [
            ("CpuShares", .integer, nil), ("Memory", .integer, nil), ("NanoCpus", .integer, nil),
            ("BlkioWeight", .integer, nil), ("CpuPeriod", .integer, nil), ("CpuQuota", .integer, nil),
            ("CpuRealtimePeriod", .integer, nil), ("CpuRealtimeRuntime", .integer, nil),
            ("CpusetCpus", .string, nil), ("CpusetMems", .string, nil), ("MemoryReservation", .integer, nil),
            ("MemorySwap", .integer, nil), ("PidsLimit", .integer, nil), ("KernelMemory", .integer, nil),
            ("RestartPolicy", .object, nil),
        ])

    /// The settings with the changes: what is zero, empty or missing stays as it is.
    private static func updated(_ host: JSONObject, by body: JSON) throws -> JSONObject {
        var host = host
        for (name, value) in try changeable.fit(body) {
            switch value {
            case .null, .integer(0), .string(""): continue
            case .object(let policy):
                let kind = policy.text("Name")
                if kind.isEmpty { continue }
                let count = policy.number("MaximumRetryCount")
                if count != 0, kind != "on-failure" {
                    throw EngineFailure.invalid(
                        "maximum retry count cannot be used with restart policy '\(kind)'")
                }
                host[name] = ["Name": .string(kind), "MaximumRetryCount": .integer(count)]
            default: host[name] = value
            }
        }
        return host
    }

    /// There are two ways of saying how much processor time there is; the one that was not taken can't be taken later.
    private func checkProcessorTime(_ body: JSON, old: JSONObject, of container: Container) throws {
        let given = body.object ?? [:]
        let conflicts = [
            ("NanoCpus", "CpuPeriod", "Nano CPUs", "CPU Period"), ("NanoCpus", "CpuQuota", "Nano CPUs", "CPU Quota"),
            ("CpuPeriod", "NanoCpus", "CPU Period", "NanoCPUs"), ("CpuQuota", "NanoCpus", "CPU Quota", "NanoCPUs"),
        ]
        for (new, set, what, other) in conflicts where given.number(new) > 0 && old.number(set) > 0 {
            throw EngineFailure.conflict(
                "Cannot update container \(container.id): Conflicting options: \(what) cannot be updated as \(other) has "
                    + "already been set")
        }
    }

    private func checkMemory(_ body: JSON, old: JSONObject, of container: Container) throws {
        let memory = body["Memory"]?.integer ?? 0
        let swap = body["MemorySwap"]?.integer ?? 0
        guard memory > 0, swap == 0, old.number("MemorySwap") > 0, memory > old.number("MemorySwap") else { return }
        throw EngineFailure.conflict(
            "Cannot update container \(container.id): Memory limit should be smaller than already set memoryswap limit, "
                + "update the memoryswap at the same time")
    }

    /// Applies the limits that changed to the group of a running container, and all of the old ones when one fails.
    private func apply(
        _ host: JSONObject, over old: JSONObject, to cgroup: any Cgroup, _ container: Container, _ operation: String
    ) throws {
        let before = CgroupPlan(host: old, profile: kernel.profile).limits
        let steps = limitSteps(host, over: old, of: cgroup)
        if steps.isEmpty { return }
        do {
            try run(Procedure(title: "update container", object: container.name, steps: steps), operation: operation)
        } catch {
            for limit in before {
                if case .devices = limit { continue }
                // The first failure is the one to tell.
                _ = try? cgroup.apply(limit)
            }
            throw EngineFailure.system("Cannot update container \(container.id): \(error)")
        }
    }
}
