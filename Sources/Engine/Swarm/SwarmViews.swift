import EngineAPI
import Kernel
import OrderedJSON
import Posix

// A swarm as Docker's API shows it.

extension Node {
    /// The swarm (API: SwarmInspect).
    public func inspectSwarm() throws -> JSON {
        let record = try managedSwarm().swarm.record
        let created: JSON = .string(Timestamp.text(record.created))
        return [
            "ID": .string(record.id), "Version": ["Index": 10], "CreatedAt": created, "UpdatedAt": created,
            "Spec": [
                "Name": "default", "Labels": [:], "Orchestration": ["TaskHistoryRetentionLimit": 5],
                "Raft": [:], "Dispatcher": [:], "CAConfig": [:], "TaskDefaults": [:],
                "EncryptionConfig": ["AutoLockManagers": false],
            ],
            "TLSInfo": [:], "RootRotationInProgress": false, "DefaultAddrPool": ["10.0.0.0/8"], "SubnetSize": 24,
            "DataPathPort": 4789,
            "JoinTokens": ["Worker": .string(record.workerToken), "Manager": .string(record.managerToken)],
        ]
    }

    /// The nodes of the swarm (API: NodeList).
    public func listSwarmNodes(filters: [String: [String]]) throws -> JSON {
        for name in filters.keys.sorted() where !["id", "name", "role"].contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        let (swarm, _) = try managedSwarm()
        func fits(_ name: String, _ test: (String) -> Bool) -> Bool {
            filters[name].map { $0.contains(where: test) } ?? true
        }
        let members = swarm.members.filter { member in
            fits("id") { member.id.hasPrefix($0) } && fits("name") { member.node.hasPrefix($0) }
                && fits("role") { $0 == (member.isManager ? "manager" : "worker") }
        }
        return .array(members.map { json($0, in: swarm) })
    }

    /// One node of the swarm, by its identity, the beginning of it, its name, or `self` (API: NodeInspect).
    public func inspectSwarmNode(_ reference: String) throws -> JSON {
        let (swarm, own) = try managedSwarm()
        return json(try find(reference, swarm, own), in: swarm)
    }

    private func find(_ reference: String, _ swarm: Swarm, _ own: Swarm.Member) throws -> Swarm.Member {
        if reference == "self" { return own }
        let members = swarm.members
        if let exact = members.first(where: { $0.id == reference }) { return exact }
        let named = members.filter { $0.node == reference }
        if named.count > 1 {
            throw EngineFailure.invalid("node \(reference) is ambiguous (\(named.count) matches found)")
        }
        let found = named.isEmpty && !reference.isEmpty ? members.filter { $0.id.hasPrefix(reference) } : named
        guard let member = found.first, found.count == 1 else {
            throw EngineFailure.notFound("node \(reference) not found")
        }
        return member
    }

    /// Removes a node that has left from the swarm's list (API: NodeDelete).
    public func removeSwarmNode(_ reference: String) throws {
        guard let lab = place?.lab else { throw Self.notManager(isWorker: false) }
        let (swarm, own) = try managedSwarm()
        let member = try find(reference, swarm, own)
        guard member.hasLeft else {
            throw EngineFailure.invalid(
                "rpc error: code = FailedPrecondition desc = node \(member.id) is not down and can't be removed")
        }
        swarm.change { $0.removeAll { $0.id == member.id } }
        try lab.swarms.save()
    }

    /// Whether this node and a member see each other over the cable.
    private func isReady(_ member: Swarm.Member) -> Bool {
        if member.hasLeft { return false }
        if member.node == configuration.name { return true }
        guard let cable = place?.lab.cable else { return false }
        return [member.node, configuration.name].allSatisfy { cable.quality(of: $0)?.isUp == true }
    }

    private func json(_ member: Swarm.Member, in swarm: Swarm) -> JSON {
        let joined: JSON = .string(Timestamp.text(member.joined))
        let profile = kernel.profile
        let leader = swarm.members.first { $0.isManager && !$0.hasLeft }
        var object: JSONObject = [
            "ID": .string(member.id), "Version": ["Index": 9], "CreatedAt": joined, "UpdatedAt": joined,
            "Spec": [
                "Labels": [:], "Role": .string(member.isManager ? "manager" : "worker"), "Availability": "active",
            ],
            "Description": [
                "Hostname": .string(member.node),
                "Platform": ["Architecture": .string(profile.machine), "OS": "linux"],
                "Resources": [
                    "NanoCPUs": .integer(Int64(profile.processors) * 1_000_000_000),
                    "MemoryBytes": .integer(profile.memory),
                ],
                "Engine": [
                    "EngineVersion": .string(configuration.version),
                    "Plugins": .array(
                        ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"].map {
                            ["Type": "Network", "Name": .string($0)]
                        }),
                ], "TLSInfo": [:],
            ],
            "Status": ["State": .string(isReady(member) ? "ready" : "down"), "Addr": .string(member.address)],
        ]
        if member.isManager {
            var status: JSONObject = [:]
            if member.id == leader?.id { status["Leader"] = true }
            status["Reachability"] = .string(isReady(member) ? "reachable" : "unreachable")
            status["Addr"] = .string("\(member.address):\(Self.swarmPort)")
            object["ManagerStatus"] = .object(status)
        }
        return .object(object)
    }

    /// The member `Swarm` of `docker info`.
    var swarmInfo: JSON {
        guard let (swarm, member) = membership else {
            return [
                "NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive", "ControlAvailable": false, "Error": "",
                "RemoteManagers": .null,
            ]
        }
        let present = swarm.members.filter { !$0.hasLeft }
        let managers = present.filter(\.isManager)
        var info: JSONObject = [
            "NodeID": .string(member.id), "NodeAddr": .string(member.address), "LocalNodeState": "active",
            "ControlAvailable": .bool(member.isManager), "Error": "",
            "RemoteManagers": .array(
                managers.map { ["NodeID": .string($0.id), "Addr": .string("\($0.address):\(Self.swarmPort)")] }),
        ]
        if member.isManager {
            info["Nodes"] = .integer(Int64(present.count))
            info["Managers"] = .integer(Int64(managers.count))
            let created: JSON = .string(Timestamp.text(swarm.record.created))
            info["Cluster"] = [
                "ID": .string(swarm.id), "Version": ["Index": 10], "CreatedAt": created, "UpdatedAt": created,
                "Spec": ["Name": "default", "Labels": [:]], "DefaultAddrPool": ["10.0.0.0/8"], "SubnetSize": 24,
                "DataPathPort": 4789,
            ]
        }
        return .object(info)
    }

    /// The nodes on which an overlay network is in use, as `network inspect` shows them.
    func peers(in overlay: Overlay) -> JSON {
        let ends = Dictionary(
            overlay.stations.current.map { ($0.node, "\($0.tunnelEnd)") }, uniquingKeysWith: { first, _ in first })
        return .array(ends.sorted { $0.key < $1.key }.map { ["Name": .string($0.key), "IP": .string($0.value)] })
    }
}
