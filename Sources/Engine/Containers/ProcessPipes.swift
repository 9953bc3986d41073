import Glibc
import Kernel
import Posix
import Synchronization

/// The pipes of a process without a terminal, from both sides.
final class ProcessPipes: Sendable {
    private let child: Mutex<SpawnRequest.StandardStreams?>
    private let parent: Mutex<StreamHub.Ends?>

    /// - Parameter hasInput: Whether the process gets a pipe as its input, or `/dev/null`.
    init(hasInput: Bool) throws(SystemError) {
        let output = try Descriptor.pipe()
        let error = try Descriptor.pipe()
        var inputWrite: Descriptor?
        let inputRead: Descriptor
        if hasInput {
            let input = try Descriptor.pipe()
            inputWrite = input.write
            inputRead = input.read
        } else {
            inputRead = try Descriptor.open("/dev/null", O_RDONLY)
        }
        child = Mutex(.init(input: inputRead, output: output.write, error: error.write))
        parent = Mutex(.pipes(input: inputWrite, output: output.read, error: error.read))
    }

    /// The engine's ends, handed over once: whoever keeps the input keeps the process waiting for more of it.
    func takeParentSide() throws -> StreamHub.Ends {
        let ends = parent.withLock { ends in
            defer { ends = nil }
            return ends
        }
        guard let ends else { throw EngineFailure.system("the streams were taken already") }
        return ends
    }

    /// What the process gets as its descriptors 0, 1 and 2; `nil` once they were handed on and closed here.
    var childSide: SpawnRequest.StandardStreams? { child.withLock { $0 } }

    /// Closes the child's ends here: only then does a pipe end when the child's last process does.
    func closeChildSide() { child.withLock { $0 = nil } }
}
