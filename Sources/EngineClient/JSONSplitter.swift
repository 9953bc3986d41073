/// Cuts a stream of JSON values into its values, each byte looked at once.
struct JSONSplitter: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// A value longer than this many bytes is not waited for: no engine sends one.
    static let limit = 64 * 1024 * 1024

    /// Whether the unfinished value has outgrown ``limit``.
    var isTooLong: Bool { position - start > Self.limit }

    mutating func append(_ more: [UInt8]) {
        if start > 0 {
            bytes.removeFirst(start)
            position -= start
            start = 0
        }
        bytes += more
    }

    /// The next complete value's bytes; `nil` if more bytes are needed.
    mutating func next() -> ArraySlice<UInt8>? {
        while position < bytes.count {
            let byte = bytes[position]
            if isInString {
                position += 1
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return cut() }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                if depth == 0, position > start { return cut() }
                isInString = true
                position += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if depth == 0, position > start { return cut() }
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
                if depth <= 0 {
                    depth = 0
                    return cut()
                }
            case 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 {
                    if position > start { return cut() }
                    start = position + 1
                }
                position += 1
            default: position += 1
            }
        }
        return nil
    }

    /// What is left when no more bytes come: a number without an end, or a part of a value.
    mutating func rest() -> ArraySlice<UInt8>? {
        guard start < bytes.count else { return nil }
        defer {
            start = bytes.count
            position = bytes.count
        }
        return bytes[start...]
    }

    private mutating func cut() -> ArraySlice<UInt8> {
        defer { start = position }
        return bytes[start..<position]
    }
}
