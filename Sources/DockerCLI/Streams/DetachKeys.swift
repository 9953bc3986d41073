/// Watches what is typed for the keys that leave a container running (`ctrl-p,ctrl-q`).
struct DetachKeys {
    private let keys: [UInt8]
    private var matched = 0

    /// Docker's default.
    static let standard: [UInt8] = [16, 17]

    /// A watcher.
    init(_ keys: [UInt8] = DetachKeys.standard) { self.keys = keys }

    /// Reads keys as `--detach-keys` takes them: letters and `ctrl-` with a letter or one of `@[\]^_`, with commas.
    /// - Returns: The bytes that the keys send; `nil` if a key is unknown.
    static func parse(_ text: String) -> [UInt8]? {
        if text.isEmpty { return standard }
        var bytes: [UInt8] = []
        for key in text.split(separator: ",", omittingEmptySubsequences: false) {
            if key.utf8.count == 1, let byte = key.utf8.first {
                bytes.append(byte)
            } else if key.hasPrefix("ctrl-"), key.utf8.count == 6, let byte = key.utf8.last {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): bytes.append(byte - 0x60)
                case UInt8(ascii: "@"): bytes.append(0)
                case 0x5B...0x5F: bytes.append(byte - 0x40)
                default: return nil
                }
            } else {
                return nil
            }
        }
        return bytes
    }

    /// Takes what was typed.
    /// - Returns: What goes to the container, and whether the keys were complete. A beginning of the keys is held back.
    mutating func filter(_ typed: [UInt8]) -> (forward: [UInt8], isComplete: Bool) {
        var forward: [UInt8] = []
        for byte in typed {
            if byte == keys[matched] {
                matched += 1
                if matched == keys.count { return (forward, true) }
                continue
            }
            forward += keys[..<matched]
            matched = 0
            if byte == keys[0] && keys.count > 1 { matched = 1 } else { forward.append(byte) }
        }
        return (forward, false)
    }
}
