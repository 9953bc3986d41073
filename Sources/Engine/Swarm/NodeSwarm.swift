public import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

// What a node does in a swarm, as far as networks need it: it makes one, joins one, leaves it, and makes its networks.

extension Node {
    /// The UDP and TCP port at which managers are reached (`docker swarm init --help`).
    static let swarmPort: UInt16 = 2377

    /// Docker's refusal on a node that is no manager.
    static func notManager(isWorker: Bool) -> EngineFailure {
        EngineFailure(
            status: 503,
            isWorker
                ? "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please "
                    + "run this command on a manager node or promote the current node to a manager."
                : "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this "
                    + "node to swarm and try again.")
    }

    /// The swarm that the node manages.
    /// - Throws: ``EngineFailure`` 503 with Docker's texts.
    func managedSwarm() throws -> (swarm: Swarm, member: Swarm.Member) {
        guard let membership else { throw Self.notManager(isWorker: false) }
        guard membership.member.isManager else { throw Self.notManager(isWorker: true) }
        return membership
    }

    /// The lab, for a node that is about to be in a swarm and is in none.
    private func labToSwarmIn() throws -> Lab {
        guard let lab = place?.lab else { throw EngineFailure.notYet("a swarm outside of a lab") }
        guard membership == nil else {
            throw EngineFailure(
                status: 503,
                "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join "
                    + "another one.")
        }
        return lab
    }

    /// The step that makes a swarm, and the identity that the node has in it.
    private func initStep(_ body: JSON, in lab: Lab) throws -> (Step, member: String) {
        for (member, flag) in [("DefaultAddrPool", "--default-addr-pool")]
        where body[member]?.array?.isEmpty == false {
            throw EngineFailure.notYet(flag)
        }
        if body["AutoLockManagers"]?.bool == true
            || body["Spec"]?["EncryptionConfig"]?["AutoLockManagers"]?.bool == true
        {
            throw EngineFailure.notYet("--autolock")
        }
        try checkListening(body)
        let address = try advertised(body)
        let swarm = try Swarm.make()
        let member = Swarm.Member(
            id: Swarm.identifier(), node: configuration.name, isManager: true, address: "\(address)",
            joined: Clock.realtime())
        let node = configuration.name
        let step = Step(
            .swarmInit, command: "docker swarm init --advertise-addr \(address)",
            facts: ["node": .string(node), "swarm": .string(swarm.id), "address": .string("\(address)")],
            undo: [.leaveSwarm(node)]
        ) {
            swarm.change { $0.append(member) }
            try lab.swarms.add(swarm)
            return StepOutcome(evidence: [try lab.swarmEvidence()])
        }
        return (step, member.id)
    }

    /// Makes a swarm with this node as its first manager (API: SwarmInit).
    /// - Returns: The node's identity in the swarm.
    public func initSwarm(body: JSON, operation: String) throws -> String {
        guard let lab = place?.lab else { throw EngineFailure.notYet("a swarm outside of a lab") }
        return try lab.changing.withLock { _ in
            let (step, member) = try initStep(body, in: try labToSwarmIn())
            try runSwarm("init swarm", [step], operation)
            return member
        }
    }

    /// The plan of ``initSwarm(body:operation:)``.
    public func planSwarmInit(body: JSON) throws -> [StepRecord] {
        // The swarm's identity is drawn when it is made: that of a plan means nothing.
        var (step, _) = try initStep(body, in: try labToSwarmIn())
        step.facts["swarm"] = nil
        return plan(Procedure(title: "init swarm", object: configuration.name, steps: [step]))
    }

    private func runSwarm(_ title: String, _ steps: [Step], _ operation: String) throws {
        do {
            try run(Procedure(title: title, object: configuration.name, steps: steps), operation: operation)
        } catch { throw EngineFailure(wrapping: error, doing: title) }
    }

    /// Refuses an address to listen at that is not the usual one.
    private func checkListening(_ body: JSON) throws {
        let address = body["ListenAddr"]?.string ?? ""
        guard ["", "0.0.0.0", "0.0.0.0:\(Self.swarmPort)"].contains(address) else {
            throw EngineFailure.notYet("--listen-addr \(address)")
        }
    }

    /// The address at which others are to reach the node: that on the cable.
    private func advertised(_ body: JSON) throws -> IPAddress {
        guard let own = cableAddress?.address else { throw EngineFailure.system("this node is in no lab") }
        var text = body["AdvertiseAddr"]?.string ?? ""
        if text.filter({ $0 == ":" }).count == 1, let colon = text.lastIndex(of: ":") { text = String(text[..<colon]) }
        if text.isEmpty || text == Cable.interface || IPAddress(text) == own { return own }
        guard IPAddress(text) != nil else {
            throw EngineFailure.invalid(
                "advertise address must be a non-zero IP address or network interface (with optional port number)")
        }
        throw EngineFailure.invalid(
            "the others can't reach this node at \(text): the lab's nodes are joined at \(Cable.interface), \(own)")
    }

    /// The step that joins the swarm of a manager.
    private func joinStep(_ body: JSON, in lab: Lab) throws -> Step {
        try checkListening(body)
        let own = try advertised(body)
        let remotes = (body["RemoteAddrs"]?.array ?? []).compactMap(\.string)
        guard !remotes.isEmpty else { throw EngineFailure.invalid("at least 1 RemoteAddr is required to join") }
        let (swarm, manager) = try findSwarm(remotes, in: lab)
        let record = swarm.record
        let token = body["JoinToken"]?.string ?? ""
        guard token == record.workerToken || token == record.managerToken else {
            throw EngineFailure.invalid(
                token.hasPrefix("SWMTKN-")
                    ? "remote CA does not match fingerprint. Expected another swarm's"
                    : "invalid join token")
        }
        let isManager = token == record.managerToken
        let node = configuration.name
        let member = Swarm.Member(
            id: Swarm.identifier(), node: node, isManager: isManager, address: "\(own)", joined: Clock.realtime())
        let step = Step(
            .swarmJoin, command: "docker swarm join \(manager.address):\(Self.swarmPort)",
            facts: [
                "node": .string(node), "swarm": .string(swarm.id), "address": .string("\(own)"),
                "manager": .string(manager.node), "isManager": .bool(isManager),
            ],
            undo: [.leaveSwarm(node)]
        ) {
            swarm.change { $0.append(member) }
            try lab.swarms.save()
            return StepOutcome(evidence: [try lab.swarmEvidence()])
        }
        return step
    }

    /// Joins the swarm of a manager (API: SwarmJoin).
    public func joinSwarm(body: JSON, operation: String) throws {
        guard let lab = place?.lab else { throw EngineFailure.notYet("a swarm outside of a lab") }
        try lab.changing.withLock { _ in
            try runSwarm("join swarm", [try joinStep(body, in: try labToSwarmIn())], operation)
        }
    }

    /// The plan of ``joinSwarm(body:operation:)``.
    public func planSwarmJoin(body: JSON) throws -> [StepRecord] {
        let step = try joinStep(body, in: try labToSwarmIn())
        return plan(Procedure(title: "join swarm", object: configuration.name, steps: [step]))
    }

    /// The swarm that one of the addresses leads to, over the cable.
    private func findSwarm(_ remotes: [String], in lab: Lab) throws -> (Swarm, Swarm.Member) {
        var failure = EngineFailure.invalid("no manager at \(remotes.joined(separator: ", "))")
        for remote in remotes {
            let host = remote.split(separator: ":").first.map(String.init) ?? remote
            guard let address = IPAddress(host) else {
                failure = EngineFailure.invalid("invalid remote address \(remote)")
                continue
            }
            let dialing =
                "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial tcp "
                + "\(address):\(Self.swarmPort): "
            do throws(SystemError) { try reach(address) } catch {
                failure = EngineFailure(status: 503, dialing + "connect: \(error.reason.lowercased())\"")
                continue
            }
            for swarm in lab.swarms.all {
                let found = swarm.members.first { $0.isManager && !$0.hasLeft && IPAddress($0.address) == address }
                if let found { return (swarm, found) }
            }
            failure = EngineFailure(status: 503, dialing + "connect: connection refused\"")
        }
        throw failure
    }

    /// Asks over the cable whether somebody is there: a refused connection comes from somebody, too.
    private func reach(_ address: IPAddress) throws(SystemError) {
        if kernel.profile.kind == .simulated { return }
        let operation = "connecting to \(address)"
        let answer: Result<Int32, SystemError>
        do {
            answer = try namespace.inside {
                do throws(SystemError) {
                    let socket = try InternetSocket.connecting(.tcp, to: address, port: Self.swarmPort)
                    var waiting = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
                    guard poll(&waiting, 1, Self.patience) > 0 else { return .success(ETIMEDOUT) }
                    var code: Int32 = 0
                    var length = socklen_t(MemoryLayout<Int32>.size)
                    getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &length)
                    return .success(code)
                } catch { return .failure(error) }
            }
        } catch { throw (error as? SystemError) ?? SystemError(operation, code: EIO) }
        switch answer {
        case .success(0), .success(ECONNREFUSED): return
        case .success(let code): throw SystemError(operation, code: code)
        case .failure(let error): if error.code != ECONNREFUSED { throw error }
        }
    }

    /// How long another node may take to answer, milliseconds: the kernel itself gives up on a neighbour after three
    /// seconds.
    private static let patience: Int32 = 5000

    /// The step that leaves the swarm.
    private func leaveStep(force: Bool) throws -> Step {
        guard let lab = place?.lab, let (swarm, member) = membership else {
            throw EngineFailure(status: 503, "This node is not part of a swarm")
        }
        if member.isManager, !force {
            let managers = swarm.members.filter { $0.isManager && !$0.hasLeft }
            throw EngineFailure(
                status: 503,
                "You are attempting to leave the swarm on a node that is participating as a manager. "
                    + (managers.count == 1
                        ? "Removing the last manager erases all current state of the swarm. "
                        : "The only way to restore a swarm that has lost consensus is to reinitialize it with "
                            + "`--force-new-cluster`. ") + "Use `--force` to suppress this message.")
        }
        let inUse = containers.current.byID.values.filter { container in
            container.life.current.running?.endpoints.contains { overlay($0.networkID) != nil } ?? false
        }
        guard inUse.isEmpty else {
            throw EngineFailure.conflict(
                "containers are in networks of the swarm (\(inUse.map(\.name).sorted().joined(separator: ", "))): stop or "
                    + "disconnect them first")
        }
        let node = configuration.name
        let others = swarm.members.count { !$0.hasLeft } - 1
        return Step(
            .swarmLeave, command: "docker swarm leave",
            facts: [
                "node": .string(node), "swarm": .string(swarm.id), "remaining": .integer(Int64(others)),
                "networks": .integer(Int64(swarm.overlays.count)),
            ]
        ) { [self] in
            try forgetMembership()
            return StepOutcome(evidence: [try lab.swarmEvidence()])
        }
    }

    /// Leaves the swarm (API: SwarmLeave).
    public func leaveSwarm(force: Bool, operation: String) throws {
        try runSwarm("leave swarm", [try leaveStep(force: force)], operation)
    }

    /// The plan of ``leaveSwarm(force:operation:)``.
    public func planSwarmLeave(force: Bool) throws -> [StepRecord] {
        plan(
            Procedure(title: "leave swarm", object: configuration.name, steps: [try leaveStep(force: force)]))
    }

    /// The node is in no swarm any more; a swarm without a manager is none.
    func forgetMembership() throws {
        guard let lab = place?.lab, let (swarm, member) = membership else { return }
        swarm.change { members in
            for index in members.indices where members[index].id == member.id { members[index].hasLeft = true }
            // Without its last manager the swarm's state is lost to the workers, too.
            if !members.contains(where: { $0.isManager && !$0.hasLeft }) {
                for index in members.indices { members[index].hasLeft = true }
            }
        }
        try lab.swarms.save()
    }
}

extension Lab {
    /// What is written down of the swarms, as evidence.
    func swarmEvidence() throws -> Evidence {
        let path = "\(directory)/swarms.json"
        let records = try RecordFile.read(path).array ?? []
        var names: [String] = []
        for member in records.flatMap({ $0["members"]?.array ?? [] }) where member["hasLeft"]?.bool != true {
            let name = member["node"]?.string ?? ""
            names.append(member["isManager"]?.bool == true ? "\(name) (manager)" : name)
        }
        if names.isEmpty { return Evidence(source: path, Finding(.noMembers)) }
        return Evidence(source: path, text: names.joined(separator: ", "))
    }
}
