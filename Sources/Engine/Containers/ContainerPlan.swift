public import EngineAPI
import Kernel
import OrderedJSON
import Steps

extension Node {
    /// The plan of `createContainer`, nothing performed.
    ///
    /// - Parameter starting: Whether the plan goes on with the container's start, as `docker run` does.
    public func planCreation(
        name: String?, platform: String? = nil, body: JSON, starting: Bool
    ) throws -> [StepRecord] {
        let planned = try creation(of: CreateRequest(body, platform: platform), name: name)
        // The name was only looked at, not taken.
        defer { forget(planned.container.id) }
        let creation = StepRunner.plan(
            planned.procedure, operation: "plan-create", isSimulated: kernel.profile.kind == .simulated)
        let records = creation + (starting ? try planStart(planned.container) : [])
        let isNamed = !(name?.isEmpty ?? true)
        let unknown = planned.container.drawnByLot.filter { $0.word != "NAME" || !isNamed }
        return records.map { $0.replacing(unknown) }
    }

    /// The plan of a container's start; the container may itself be planned only.
    ///
    /// - Parameter held: The endpoints of one that runs now and will have ended by then.
    func planStart(_ container: Container, after held: [Endpoint]? = nil) throws -> [StepRecord] {
        let launch = ContainerLaunch(node: self, container: container)
        // What a running container has is not this plan's to let go of.
        defer { if held == nil { launch.abandon() } }
        if let held { launch.expectAddresses(held) } else { try launch.takeAddresses() }
        return StepRunner.plan(
            try launch.plannedProcedure(), operation: "plan-start", isSimulated: kernel.profile.kind == .simulated)
    }
}

extension ContainerLaunch {
    /// The procedure with the steps that otherwise follow from the clone: the user is looked up in the image's layers,
    /// because there is no mount to look through.
    func plannedProcedure() throws -> Procedure {
        var procedure = try procedure()
        let layers = OverlayLayers(lower: [node.initLayer] + definition.layers, upper: nil, work: nil)
        overlay.set(DetachedMount(descriptor: nil, layers: layers))
        cgroup.set(try node.kernel.plannedCgroup(container.cgroupName))
        procedure.steps += networkSteps()
        procedure.steps += try prepareChild(cgroupDescriptors: []).map { child in
            Step(child.kind, command: child.command, facts: child.facts) {
                throw EngineFailure.system("a planned step is not performed")
            }
        }
        return procedure
    }
}

extension StepRecord {
    /// The record with words in the place of what is drawn by lot when it is done, and means nothing before.
    func replacing(_ texts: [(drawn: String, word: String)]) -> StepRecord {
        func replaced(_ text: String) -> String { texts.reduce(text) { $0.replacing($1.drawn, with: $1.word) } }
        func replaced(_ value: JSON) -> JSON {
            if let text = value.string { return .string(replaced(text)) }
            return value.array.map { .array($0.map(replaced)) } ?? value
        }
        var record = self
        record.object = replaced(object)
        record.command = replaced(command)
        record.facts = facts.mapValues(replaced)
        return record
    }
}

extension Container {
    /// What is drawn by lot when a container is made that nobody named, with words to stand for it in a plan.
    var drawnByLot: [(drawn: String, word: String)] {
        let volumes = life.current.definition.mountPoints.filter { $0.kind == .volume && $0.isAnonymous }
        return [(id, "ID"), (shortID, "ID"), (name, "NAME")] + volumes.map { ($0.volume, "VOLUME") }
    }
}
