import OrderedJSON

/// What is known of a step: named values that fill the texts which explain it. Numbers stay numbers.
public typealias Facts = [String: JSON]

/// Something that was read back from the kernel or the disk after a step: where, and what it said.
public struct Evidence: Sendable, Hashable, Codable {
    /// What was read: a file's path (`/proc/48213/status`), or the kernel's interface and object
    /// (`rtnetlink RTM_GETLINK veth3f9a`).
    public var source: String
    /// What it said, one line or a few.
    public var text: String
    /// What ``text`` says, where those are not the kernel's words.
    public var finding: Finding?
    /// What ``source`` says, where it is no path and no call.
    public var place: Finding?

    /// Evidence from a source.
    public init(source: String, text: String) {
        self.source = source
        self.text = text
    }
}

/// What one process asked of the kernel, and what came of it.
public struct SystemCall: Sendable, Hashable, Codable {
    /// The call, or a few that belong together, as one would write them in C.
    public var text: String
    /// The error number's name; `nil` when it succeeded.
    public var errnoName: String?
    /// How long it took, nanoseconds.
    public var duration: Int64

    /// A call.
    public init(text: String, errnoName: String?, duration: Int64) {
        self.text = text
        self.errnoName = errnoName
        self.duration = duration
    }
}

/// Why a step failed.
public struct StepFailure: Sendable, Hashable, Codable {
    /// The error number's name, such as `ENOSPC`; `nil` when no system call failed.
    public var errnoName: String?
    /// The sentence for a person.
    public var message: String

    /// A failure.
    public init(errnoName: String?, message: String) {
        self.errnoName = errnoName
        self.message = message
    }
}

/// One step of an operation, as it is planned, or as it happened.
///
/// It is what narration, `explain`, lesson checks and the projector read; there is no other account of what was done.
public struct StepRecord: Sendable, Hashable, Codable {
    /// How far the step has come.
    public enum State: String, Sendable, Codable {
        /// It would be done; nothing was.
        case planned
        /// It was done.
        case performed
        /// It was tried and failed.
        case failed
        /// It had been done and was undone, because a later step failed.
        case reverted
        /// It was done by an engine that is not ours, and seen from outside.
        case observed
    }

    /// The identity of the operation it belongs to.
    public var operation: String
    /// What the operation does: `start container`.
    public var title: String
    /// Its place among the operation's steps, from 1.
    public var index: Int
    /// What kind of step it is.
    public var kind: StepKind
    /// How far it has come.
    public var state: State
    /// The system call or file operation as one would type it: `mkdir /sys/fs/cgroup/memory/drydock/3f9a`.
    public var command: String
    /// The container, image or network that it is about, by the name a learner uses.
    public var object: String
    /// The values that fill its explanation.
    public var facts: Facts
    /// What was read back after it.
    public var evidence: [Evidence]
    /// The system calls that another process made for it, in order, where that process reported them: those of a
    /// container's first process between `clone` and `execve`. Without any, ``command`` is the call.
    public var calls: [SystemCall]?
    /// The reason, when it failed.
    public var failure: StepFailure?
    /// When it began: nanoseconds since 1970, UTC.
    public var time: Int64
    /// How long it took, nanoseconds.
    public var duration: Int64
    /// Whether it happened in the simulated kernel only.
    public var isSimulated: Bool

    /// A record with all values given.
    public init(
        operation: String, title: String, index: Int, kind: StepKind, state: State, command: String, object: String,
        facts: Facts = [:], evidence: [Evidence] = [], failure: StepFailure? = nil, time: Int64 = 0,
        duration: Int64 = 0,
        isSimulated: Bool = false
    ) {
        self.operation = operation
        self.title = title
        self.index = index
        self.kind = kind
        self.state = state
        self.command = command
        self.object = object
        self.facts = facts
        self.evidence = evidence
        self.failure = failure
        self.time = time
        self.duration = duration
        self.isSimulated = isSimulated
    }
}
