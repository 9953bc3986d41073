import Glibc
import Posix

/// A client's connection to the streams of a process: `attach`, or the one that started an exec.
public final class Attachment: Sendable {
    /// What a client wants of the streams.
    public struct Wishes: Sendable {
        /// Which streams.
        public var input = false, output = false, error = false
        /// Whether output comes in frames that say which stream it is of (no terminal), or raw.
        public var isMultiplexed = false
        /// The keys that end the connection and leave the process; empty: none.
        public var detachKeys: [UInt8] = [0x10, 0x11]
        /// No streams.
        public init() {}
    }

    let descriptor: Descriptor
    let wishes: Wishes
    /// What the client sent along with its request.
    let early: [UInt8]
    /// Called once when the connection has ended; `true` when the client detached.
    let onEnd: @Sendable (Bool) -> Void

    /// Takes over a connection.
    ///
    /// - Parameters:
    ///   - descriptor: A connected socket; it is made non-blocking.
    ///   - early: Bytes that were read from it already.
    ///   - wishes: What the client wants.
    ///   - onEnd: Called once at the end, with whether the client detached.
    public init(
        descriptor: Descriptor, early: [UInt8], wishes: Wishes, onEnd: @escaping @Sendable (Bool) -> Void = { _ in }
    ) {
        self.descriptor = descriptor
        self.early = early
        self.wishes = wishes
        self.onEnd = onEnd
        _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK)
    }
}

/// Finds the detach keys in what a client types. Keys that turn out not to be them go through unchanged.
struct DetachKeyFilter {
    let keys: [UInt8]
    private var matched = 0

    init(keys: [UInt8]) { self.keys = keys }

    /// Filters what was typed.
    /// - Returns: What goes on to the process; `detached` when the keys were complete.
    mutating func pass(_ typed: ArraySlice<UInt8>) -> (bytes: [UInt8], detached: Bool) {
        guard !keys.isEmpty else { return (Array(typed), false) }
        var passed: [UInt8] = []
        for byte in typed {
            if byte == keys[matched] {
                matched += 1
                if matched == keys.count { return (passed, true) }
                continue
            }
            passed += keys[..<matched]
            matched = 0
            if byte == keys[0] { matched = 1 } else { passed.append(byte) }
        }
        return (passed, false)
    }

    /// The keys that a text such as `ctrl-p,ctrl-q` or `a,ctrl-\` names; `nil` for any other text.
    static func parse(_ text: String) -> [UInt8]? {
        if text.isEmpty { return [0x10, 0x11] }
        var keys: [UInt8] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let bytes = Array(part.lowercased().utf8)
            if bytes.count == 1 {
                keys += Array(part.utf8)
            } else if part.lowercased().hasPrefix("ctrl-"), bytes.count == 6 {
                switch bytes[5] {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): keys.append(bytes[5] - UInt8(ascii: "a") + 1)
                case UInt8(ascii: "@"): keys.append(0)
                case UInt8(ascii: "["): keys.append(27)
                case UInt8(ascii: "\\"): keys.append(28)
                case UInt8(ascii: "]"): keys.append(29)
                case UInt8(ascii: "^"): keys.append(30)
                case UInt8(ascii: "_"): keys.append(31)
                default: return nil
                }
            } else {
                return nil
            }
        }
        return keys
    }
}
