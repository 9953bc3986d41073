import EngineAPI
import Glibc
import Kernel
import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Watches over a running container on a thread of its own: carries its streams, reaps it, cleans up after it, and
    /// starts it again where its restart policy says so.
    func supervise(_ container: Container, _ running: Container.Running) throws {
        try Thread.start("watch " + container.shortID) { [self] in
            running.streams.run(processEnd: running.process.descriptor) {
                ended(container, running)
            }
            running.log?.close()
        }
    }

    /// The container's first process has ended: reaps it and lets go of everything it had in the kernel.
    private func ended(_ container: Container, _ running: Container.Running) {
        let end: ProcessEnd
        do { end = try running.process.wait() } catch { end = .exited(255) }
        let killed = running.cgroup.outOfMemoryKills() > 0
        let name = container.name
        // Networks may have been connected and disconnected while it ran.
        let endpoints = container.life.current.running?.endpoints ?? running.endpoints
        let steps = endingSteps(container, running, endpoints: endpoints, end: end, outOfMemory: killed)
        // A step that fails here (a cgroup that is still busy) is in the record; the container has ended all the same,
        // and what is left is removed when the engine starts next.
        _ = try? run(
            Procedure(title: "container ended", object: name, steps: steps), operation: StepRunner.newOperation())
        ports.release(container.id)
        detachVolumes(from: container)
        if killed { publish("oom", container) }
        // Before the state changes: whoever waits for the end tells of it after this.
        publish("die", container, ["exitCode": String(end.code)])
        for endpoint in endpoints { publishNetwork("disconnect", container, endpoint) }
        publishVolumes("unmount", container)
        let finished = Clock.realtime()
        func conclude(_ state: inout ContainerState) {
            state.status = .exited
            state.pid = 0
            state.exitCode = end.code
            state.outOfMemoryKilled = killed
            state.finishedAt = finished
            // As on Docker: nobody checks it any more.
            state.health?.status = .unhealthy
        }
        var last = container.life.current.state
        conclude(&last)
        // On disk first: whoever waits for the end may remove the container as soon as it is seen. One that is removed
        // now anyway is not written down once more.
        if !container.life.current.definition.hostObject.flag("AutoRemove") { container.saveWhatHappened(last) }
        container.life.withLock { life in
            life.running = nil
            conclude(&life.state)
            life.endings += 1
            // At once: nobody sees one that is about to be started again as one that has ended for good.
            prepareRestart(&life, end)
        }
        afterEnd(container, end)
    }

    /// Whether a running container is in another's network namespace.
    private func sharesNetwork(_ container: Container) -> Bool {
        containers.current.byID.values.contains { other in
            let life = other.life.current
            let mode = life.definition.hostObject.text("NetworkMode")
            guard life.running != nil, mode.hasPrefix("container:") else { return false }
            return (try? self.container(String(mode.dropFirst(10))))?.id == container.id
        }
    }

    /// What follows the end of a container's first process.
    ///
    /// - Parameter end: How it ended; `nil` for a plan that can't know.
    func endingSteps(
        _ container: Container, _ running: Container.Running, endpoints: [Endpoint], end: ProcessEnd?,
        outOfMemory: Bool
    ) -> [Step] {
        let pid = running.process.pid
        let cgroup = running.cgroup
        var facts: Facts = ["pid": .integer(Int64(pid)), "outOfMemory": .bool(outOfMemory)]
        if let end {
            facts["exitCode"] = .integer(Int64(end.code))
            facts["signal"] = .null
            if case .signaled(let number) = end { facts["signal"] = .string(Signal.name(number)) }
        }
        let call = "waitid(P_PIDFD, …)" + (end.map { " -> \($0.code)" } ?? "")
        var steps = [
            Step(.processEnd, command: call, facts: facts) { [kernel] in
                let gone = kernel.processStartTime(pid) == nil
                let evidence = Evidence(source: "/proc/\(pid)", Finding(gone ? .noProcess : .stillThere))
                return StepOutcome(evidence: outOfMemory ? Self.killCount(cgroup) + [evidence] : [evidence])
            }
        ]
        let isShared = !endpoints.isEmpty && sharesNetwork(container)
        steps += endpoints.flatMap { leaveSteps($0) + [releaseStep($0, isShared: isShared)] }
        guard kernel.profile.makesCgroups else { return steps }
        var counted: Facts = ["path": .string(cgroup.path)]
        if end != nil {
            let statistics = try? cgroup.statistics()
            counted["memoryMaximum"] =
                statistics.map { .integer(Int64(clamping: $0.memoryMaximumUsage)) } ?? .null
            counted["cpuTime"] = statistics.map { .integer(Int64(clamping: $0.cpuTotal)) } ?? .null
        }
        steps.append(
            Step(
                .cgroupRemove, command: "rmdir \(cgroup.directory(of: "memory") ?? cgroup.path)", facts: counted
            ) {
                try cgroup.remove()
                let directory = cgroup.directory(of: "memory") ?? cgroup.path
                return StepOutcome(evidence: [
                    Evidence(source: directory, Finding(Files.exists(directory) ? .stillThere : .noDirectory))
                ])
            })
        return steps
    }

    /// What the kernel says of how often it killed for lack of memory: a line of `memory.oom_control` (version 1) or
    /// `memory.events`.
    private static func killCount(_ cgroup: any Cgroup) -> [Evidence] {
        let files = ["memory.oom_control", "memory.events"].map { "\(cgroup.directory(of: "memory") ?? "")/\($0)" }
        return files.compactMap { file in
            let lines = ((try? Files.text(file)) ?? "").split(separator: "\n")
            return lines.first { $0.hasPrefix("oom_kill ") }.map { Evidence(source: file, text: String($0)) }
        }
    }

    /// What the container's settings want when it has ended: removal, or another start.
    private func afterEnd(_ container: Container, _ end: ProcessEnd) {
        let life = container.life.current
        let host = life.definition.hostObject
        if host.flag("AutoRemove") {
            _ = try? container.lifecycle.withLock { _ in
                if container.life.current.state.isRunning || container.life.current.isRemoved { return }
                try delete(container, operation: StepRunner.newOperation(), removeVolumes: true)
            }
            return
        }
        guard life.state.status == .restarting else { return }
        container.saveWhatHappened()
        _ = try? Thread.start("restart " + container.shortID) { [self] in
            let wasStopped = container.life.wait(seconds: life.restartDelay) {
                $0.state.status == .restarting ? nil : true
            }
            if wasStopped != nil { return }
            container.lifecycle.withLock { _ in
                guard container.life.current.state.status == .restarting else { return }
                do { try start(container, operation: StepRunner.newOperation()) } catch {
                    container.life.withLock { life in
                        life.state.status = .exited
                        life.state.error = "\(error)"
                    }
                    container.saveWhatHappened()
                }
            }
        }
    }

    /// Notes that a container is to be started again, if its policy wants that, and after how long.
    private func prepareRestart(_ life: inout Container.Life, _ end: ProcessEnd) {
        let host = life.definition.hostObject
        guard !host.flag("AutoRemove"), !life.state.wasStoppedByHand,
            wantsRestart(host, end, count: life.state.restartCount)
        else { return }
        // Docker's back-off: a tenth of a second, doubled each time up to a minute, reset by ten seconds of life.
        let ran = Double(life.state.finishedAt - life.state.startedAt) / 1e9
        life.restartDelay = ran > 10 ? 0.1 : min(max(0.1, life.restartDelay * 2), 60)
        life.state.status = .restarting
        life.state.restartCount += 1
    }

    private func wantsRestart(_ host: JSONObject, _ end: ProcessEnd, count: Int) -> Bool {
        let maximum = host["RestartPolicy"]?["MaximumRetryCount"]?.integer ?? 0
        switch host["RestartPolicy"]?["Name"]?.string ?? "no" {
        case "always", "unless-stopped": return true
        case "on-failure": return end.code != 0 && (maximum == 0 || count < Int(maximum))
        default: return false
        }
    }

    /// The steps that remove what is on disk of a container.
    func removalSteps(of container: Container, removeVolumes: Bool) -> [Step] {
        let entries = Int64((try? Files.list(container.upper).count) ?? 0)
        let id = container.id
        let volumes = removeVolumes ? anonymousVolumeRemovals(of: container) : []
        return [
            Step(
                .layerDelete, command: "rm -r \(container.upper)",
                facts: ["upper": .string(container.upper), "entries": .integer(entries)]
            ) {
                try Files.removeTree(container.upper)
                try Files.removeTree(container.work)
                return StepOutcome(evidence: [
                    Evidence(
                        source: container.upper,
                        Finding(Files.exists(container.upper) ? .stillThere : .noDirectory))
                ])
            },
            Step(
                .containerDelete, command: "rm -r \(container.directory)",
                facts: ["name": .string(container.name), "id": .string(id)]
            ) { [self] in
                try Files.removeTree(container.directory)
                containers.withLock { table in
                    table.byID[id] = nil
                    table.names = table.names.filter { $0.value != id }
                }
                return StepOutcome(evidence: [
                    Evidence(
                        source: container.directory,
                        Finding(Files.exists(container.directory) ? .stillThere : .noDirectory))
                ])
            },
        ] + volumes
    }

    /// Removes a container that does not run, whose lifecycle is held.
    func delete(_ container: Container, operation: String, removeVolumes: Bool) throws {
        container.life.withLock { $0.state.status = .removing }
        let id = container.id
        let steps = removalSteps(of: container, removeVolumes: removeVolumes)
        do {
            try run(Procedure(title: "remove container", object: container.name, steps: steps), operation: operation)
        } catch {
            container.life.withLock { $0.state.status = .dead }
            throw EngineFailure(wrapping: error, doing: "removing container \(container.name)")
        }
        // Layers of an image that is gone go with the last container that was made of it.
        do { try images.layers.release("container \(id)") } catch {
            throw EngineFailure(wrapping: error, doing: "letting go of the layers of container \(container.name)")
        }
        publish("destroy", container)
        let attached = container.life.withLock { life in
            life.isRemoved = true
            defer { life.waitingAttachments = [] }
            return life.waitingAttachments
        }
        for attachment in attached { attachment.onEnd(false) }
        execs.withLock { execs in execs = execs.filter { $0.value.container.id != id } }
    }
}
