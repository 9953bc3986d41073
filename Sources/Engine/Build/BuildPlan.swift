import EngineAPI
import OCI
import OrderedJSON
import Steps

/// What a build would do, as far as it is known before it is done: which instructions the cache has, and the steps of
/// the containers of those that it has not.
final class BuildPlan {
    /// The steps so far.
    private(set) var steps: [StepRecord] = []
    /// The containers of the present instruction, which are removed after it.
    private var intermediates: [(container: Container, number: Int)] = []
    private var bare: [(removal: Procedure, number: Int)] = []
    /// Where containers of the stage that were started had volumes: such places are made, and stay in the image.
    private var places: Set<String> = []
    private var placesOfStages: [Int: Set<String>] = [:]
    /// How many containers there were.
    private var count = 0
    private let node: Node

    init(_ node: Node) { self.node = node }

    /// Adds the steps of a procedure.
    func add(_ procedure: Procedure) { steps += node.plan(procedure) }

    /// Another stage begins.
    /// - Parameter stage: The earlier one that it goes on from, if it does.
    func beginStage(on stage: Int?) { places = stage.flatMap { placesOfStages[$0] } ?? [] }

    /// A stage has ended.
    func endStage(_ stage: Int) { placesOfStages[stage] = places }

    /// Adds the steps of a pull.
    func addPull(_ request: PullRequest) throws { steps += try node.planPull(request) }

    /// Adds the creation of a container; for RUN its start and its end, too.
    ///
    /// A user whom an earlier instruction would have added is not known yet, and without the user no start can be
    /// planned: then the creation stands alone.
    ///
    /// - Parameter isOfNewImage: Whether its image would be made by the instruction before.
    func addContainer(body: JSON, starts: Bool, isOfNewImage: Bool) throws {
        let planned = try node.creation(of: CreateRequest(body, platform: nil), name: nil)
        defer { node.forget(planned.container.id) }
        let volumes = planned.container.life.current.definition.mountPoints.filter { $0.kind == .volume }
        var procedure = planned.procedure
        for point in volumes where point.copies && places.contains(point.target) {
            // The place will be in the image by then, so that the new volume is filled from it.
            if procedure.steps.contains(where: { $0.kind == .volumeFill && $0.facts["volume"] == .string(point.volume) }
            ) {
                continue
            }
            procedure.steps.append(
                node.described(
                    .volumeFill, "cp -a \(point.target)/. \(node.volumes.path(of: point.volume))",
                    ["volume": .string(point.volume), "source": .string(point.target)]))
        }
        var records = node.plan(procedure)
        if starts {
            places.formUnion(volumes.map(\.target))
            do {
                records += try node.planStart(planned.container) + end(of: planned.container)
            } catch let failure as EngineFailure where failure.status == 400 {
                // Docker's text for it comes when the build is made.
            }
        }
        if isOfNewImage { records = records.map(Self.withoutImage) }
        intermediates.append((planned.container, count))
        add(records, of: planned.container, count)
        count += 1
    }

    /// Adds the records of a container. Its name is drawn by lot, so it is told from others by a number.
    private func add(_ records: [StepRecord], of container: Container, _ number: Int) {
        steps += records.map { record in
            var record = record.replacing(container.drawnByLot)
            record.operation = "plan-container\(number)"
            return record
        }
    }

    /// The record of a container's creation without what only its image could say.
    private static func withoutImage(_ record: StepRecord) -> StepRecord {
        var record = record
        switch record.kind {
        case .imageResolve: (record.command, record.facts) = ("IMAGE", [:])
        case .containerCreate: record.facts["image"] = "IMAGE"
        case .overlayMount, .rootAttach: record.facts["layers"] = nil
        default: break
        }
        return record
    }

    /// Adds the creation of a container of which there is nothing to plan it with: its image begins with nothing, and
    /// its first files are those of an instruction before.
    func addContainerOfNothing() {
        let steps = [StepKind.imageResolve, .containerCreate, .layerCreate].map { node.described($0, "IMAGE", [:]) }
        let removal = [StepKind.layerDelete, .containerDelete].map { node.described($0, "rm -r NAME", [:]) }
        self.steps += node.plan(Procedure(title: "create container", object: "NAME", steps: steps)).map { record in
            var record = record
            record.operation = "plan-container\(count)"
            return record
        }
        bare.append((Procedure(title: "remove container", object: "NAME", steps: removal), count))
        count += 1
    }

    /// The end of a container that is planned only.
    private func end(of container: Container) throws -> [StepRecord] {
        let endpoints = try node.planEndpoints(of: container)
        defer { node.release(endpoints) }
        let cgroup = try node.kernel.plannedCgroup(container.id)
        let steps =
            [node.described(.processEnd, "waitid(P_PIDFD, …)", [:])]
            + endpoints.flatMap { node.leaveSteps($0) + [node.releaseStep($0, isShared: false)] }
            + [
                node.described(
                    .cgroupRemove, "rmdir \(cgroup.directory(of: "memory") ?? cgroup.path)",
                    ["path": .string(cgroup.path)])
            ]
        return node.plan(Procedure(title: "container ended", object: container.name, steps: steps))
    }

    /// Adds the removal of the containers of an instruction.
    func removeIntermediates() {
        for (container, number) in intermediates {
            let removal = node.plan(
                Procedure(
                    title: "remove container", object: container.name,
                    steps: [
                        node.described(
                            .layerDelete, "rm -r \(container.upper)", ["upper": .string(container.upper)]),
                        node.described(
                            .containerDelete, "rm -r \(container.directory)",
                            ["name": .string(container.name), "id": .string(container.id)]),
                    ]
                        + container.life.current.definition.mountPoints.filter { $0.kind == .volume && $0.isAnonymous }
                        .map { node.volumeRemoval($0.volume) }))
            add(removal, of: container, number)
        }
        for (removal, number) in bare {
            steps += node.plan(removal).map { record in
                var record = record
                record.operation = "plan-container\(number)"
                return record
            }
        }
        keepIntermediates()
    }

    /// Forgets the containers of an instruction: they stay.
    func keepIntermediates() { (intermediates, bare) = ([], []) }
}

extension ImageBuild {
    /// For a plan: an instruction of which nothing is known but its words.
    func describe(_ line: DockerfileLine) throws {
        planned?.add(
            procedure(
                node.described(
                    .buildInstruction, line.text, ["instruction": .string(line.name), "text": .string(line.text)])))
    }

    /// Whether an image that the user named as the cache has the instruction, which a plan does not make again.
    func isInSources(_ line: DockerfileLine, _ config: ContainerSettings) throws -> Bool {
        guard let (_, found) = sourceWith(config) else { return false }
        if let found {
            image = found
            try record(line, image: "\(found.id)", cached: true, reason: "hit")
        } else {
            // The image would be made again of the layers: what follows has no image to be planned with.
            isUnknown = true
            try describe(line)
        }
        return true
    }

    /// For a plan: an instruction that copies what is not here yet, so that the cache can't be asked for it.
    ///
    /// - Returns: Whether it is one; it is planned then.
    func planUnknown(_ line: DockerfileLine, _ words: [String], from: String?) throws -> Bool {
        if let from {
            if let stage = stage(from) {
                guard newStages[stage] != nil else { return false }
            } else {
                if (try? node.images.image(named: from)) != nil { return false }
                _ = try base(from, platform: request.platform)
            }
        } else {
            guard line.name == "ADD", words.dropLast().contains(where: { $0.contains("://") }) else { return false }
        }
        // Only where the same instruction was carried out on this image before, with whatever files, it is open whether
        // these files are the same.
        let mayBeCached =
            !request.ignoresCache && !isPastCache
            && cached.contains { image in
                image.config.containerConfig?.cmd?.contains { $0.hasPrefix("#(nop) \(line.name) ") } ?? false
            }
        if mayBeCached {
            isUnknown = true
            try describe(line)
        } else {
            try commit(line, settings, container: "") { nil }
        }
        return true
    }
}
