public import EngineClient
import Glibc
public import OrderedJSON
import Synchronization

/// Where a command reads and writes. A shell passes pipes or files for redirections.
public struct CommandIO: Sendable {
    /// The standard input.
    public var input: Int32
    /// The standard output.
    public var output: Int32
    /// The error output.
    public var errorOutput: Int32
    /// Told of each line that goes to the error output as Docker's own message.
    public var heard: (@Sendable (String) -> Void)?

    /// The process's own three descriptors unless told otherwise.
    public init(input: Int32 = 0, output: Int32 = 1, errorOutput: Int32 = 2) {
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
    }
}

extension CommandIO {
    /// Writes a text to the output.
    func print(_ text: String) { Self.write(Array(text.utf8), to: output) }

    /// Writes a line to the output.
    func printLine(_ text: String) { print(text + "\n") }

    /// Writes a line to the error output.
    func complain(_ text: String) {
        heard?(text)
        Self.write(Array(text.utf8) + [0x0A], to: errorOutput)
    }

    /// Whether the output is a terminal.
    var writesToTerminal: Bool { isatty(output) == 1 }

    /// Whether the input is a terminal.
    var readsFromTerminal: Bool { isatty(input) == 1 }

    /// Writes all bytes, waiting where the other end is slow.
    /// - Returns: Whether they were taken; `false` when nobody reads any more.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    /// Reads one line of an answer, without its newline; empty at the end of the input.
    func readAnswer() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(input, &byte, 1) == 1, byte != 0x0A { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What the front end wants to know while a command runs.
public protocol CommandObserver: Sendable {
    /// Operations (ids from the header `Drydock-Operation`) that finished so far.
    ///
    /// It is called before a container's own output is shown, so that a narration never comes between, and once more at
    /// the end; each operation is named once.
    ///
    /// - Parameters:
    ///   - operations: The operations since the last call.
    ///   - command: The words of the command.
    ///   - engine: The engine that performed them: another than usual after `-H`.
    func operationsFinished(_ operations: [String], command: [String], on engine: EngineClient)

    /// Whether commands that only read are to be told of, too.
    var wantsReadings: Bool { get }

    /// A request is about to be made.
    func begins(_ request: EngineRequest)

    /// A request was answered.
    /// - Parameter answer: What was answered, where that was JSON and was read whole; `nil` for a stream.
    func answered(_ request: EngineRequest, _ answer: JSON?)

    /// What was done so far can be told: it is called where ``operationsFinished(_:command:on:)`` would be, whether or not
    /// the engine named operations.
    ///
    /// - Parameters:
    ///   - command: The words of the command.
    ///   - isOver: Whether the command is over.
    func canTell(command: [String], isOver: Bool)
}

extension CommandObserver {
    /// They are not.
    public var wantsReadings: Bool { false }
    /// Nothing is noted.
    public func begins(_ request: EngineRequest) {}
    /// Nothing is noted.
    public func answered(_ request: EngineRequest, _ answer: JSON?) {}
    /// Nothing is told.
    public func canTell(command: [String], isOver: Bool) {}
}

/// The operations that a command has caused and nobody has been told of.
final class OperationLog: Sendable {
    private let pending = Mutex<[String]>([])

    /// Remembers an operation.
    func add(_ operation: String?) {
        if let operation { pending.withLock { if !$0.contains(operation) { $0.append(operation) } } }
    }

    /// Takes what is remembered.
    func take() -> [String] {
        pending.withLock { list in
            defer { list = [] }
            return list
        }
    }
}
