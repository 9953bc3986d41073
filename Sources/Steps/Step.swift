import EngineAPI
import Posix

/// One thing that the engine does to the kernel or to its own disk: a value that can be described before it is done,
/// performed, and reverted.
public struct Step: Sendable {
    /// What kind of thing it is.
    public var kind: StepKind
    /// The system call or file operation as one would type it.
    public var command: String
    /// What is known before it is done.
    public var facts: Facts
    /// What takes it back, first to last. It is journaled before the step is performed, so it must be right even when
    /// the step was only half done: undoing what was never done is no error.
    public var undo: [UndoAction]
    /// Does it.
    public var perform: @Sendable () throws -> StepOutcome

    /// A step.
    public init(
        _ kind: StepKind, command: String, facts: Facts = [:], undo: [UndoAction] = [],
        perform: @escaping @Sendable () throws -> StepOutcome
    ) {
        self.kind = kind
        self.command = command
        self.facts = facts
        self.undo = undo
        self.perform = perform
    }
}

/// What a step found out while it was done.
public struct StepOutcome: Sendable {
    /// Facts that were not known before.
    public var facts: Facts
    /// What was read back afterwards, from the kernel or the disk.
    public var evidence: [Evidence]
    /// The command with what is known now (`… -> PID 48213`); `nil` leaves it as planned.
    public var command: String?
    /// What takes back things that were not known before the step: the process with the number it was given.
    public var undo: [UndoAction]
    /// Steps that this one turned out to need, performed next: one for each layer of a manifest.
    public var followUps: [Step]
    /// How long the thing itself took, nanoseconds, when another process did it and measured.
    public var duration: Int64?
    /// The system calls that another process made for it and reported.
    public var calls: [SystemCall]?

    /// An outcome.
    public init(
        facts: Facts = [:], evidence: [Evidence] = [], command: String? = nil, undo: [UndoAction] = [],
        followUps: [Step] = [], duration: Int64? = nil,
        calls: [SystemCall]? = nil
    ) {
        self.facts = facts
        self.evidence = evidence
        self.command = command
        self.undo = undo
        self.followUps = followUps
        self.duration = duration
        self.calls = calls
    }
}

/// An operation: an ordered list of steps, built from plain data before the first of them runs.
public struct Procedure: Sendable {
    /// What it does: `start container`.
    public var title: String
    /// The container, image or network it is about, by the name a learner uses.
    public var object: String
    /// The steps in order.
    public var steps: [Step]

    /// A procedure.
    public init(title: String, object: String, steps: [Step]) {
        self.title = title
        self.object = object
        self.steps = steps
    }
}

/// How a step is taken back: plain data, so that the journal can hold it and another engine process can do it.
public enum UndoAction: Sendable, Codable, Equatable {
    /// Removes a directory with all it holds.
    case removeTree(path: String)
    /// Kills and forgets a process, if it is still the one with this start time.
    case killProcess(pid: Int32, startTime: UInt64)
    /// Removes a cgroup, killing what is in it.
    case removeCgroup(name: String)
    /// Gives a network address of a node's network back.
    case releaseAddress(node: String, network: String, endpoint: String)
    /// Closes the published ports of an endpoint.
    case closePorts(node: String, endpoint: String)
    /// Takes a node's uplink away from the machine.
    case dropUplink(node: String)
    /// Takes a network's elements out of a node's filter rules.
    case dropNetworkRules(node: String, network: String)
    /// Forgets a network that was being made, and removes its file.
    case forgetNetwork(node: String, id: String)
    /// Removes a link of a node.
    case deleteLink(node: String, name: String)
    /// Takes an endpoint out of an overlay network: the other nodes forget it.
    case leaveOverlay(node: String, network: String, endpoint: String)
    /// Takes a node out of its swarm.
    case leaveSwarm(String)
    /// Takes a node off the lab's cable.
    case unplugNode(String)
    /// Forgets a container that was being created.
    case forgetContainer(id: String)
    /// Takes a name from an image again.
    case untagImage(reference: String)
    /// Removes a volume that was being made.
    case removeVolume(name: String)
}

/// Takes steps back. The engine does it with its kernel and its stores, for rollback and for recovery alike.
public protocol Undoing: AnyObject, Sendable {
    /// Takes one thing back. What is not there any more is no error.
    func undo(_ action: UndoAction) throws
}
