import Glibc
import OrderedJSON
import Posix

/// An asciicast, version 2: a line of JSON about the terminal, then one for each thing that was shown
/// (docs.asciinema.org/manual/asciicast/v2).
struct Asciicast: SessionKeeper {
    private let file: Descriptor
    /// The bytes of a character whose end has not come yet.
    private var unfinished: [UInt8] = []

    /// Begins a recording.
    ///
    /// - Parameters:
    ///   - path: A file that does not exist yet.
    ///   - time: When it begins, seconds since 1970.
    init(path: String, columns: Int, rows: Int, time: Int64, terminal: String) throws(SystemError) {
        file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        let head: JSON = [
            "version": 2, "width": .integer(Int64(columns)), "height": .integer(Int64(rows)),
            "timestamp": .integer(time), "title": "drydock", "env": ["TERM": .string(terminal)],
        ]
        try file.write(head.encoded() + [0x0A])
    }

    mutating func shown(_ bytes: [UInt8], at time: Double) throws(SystemError) {
        let (text, rest) = UTF8Pieces.split(unfinished + bytes)
        unfinished = rest
        if !text.isEmpty { try write(time, "o", text) }
    }

    mutating func resized(columns: Int, rows: Int, at time: Double) throws(SystemError) {
        try write(time, "r", "\(columns)x\(rows)")
    }

    mutating func finish() throws(SystemError) {}

    private func write(_ time: Double, _ kind: String, _ text: String) throws(SystemError) {
        let event: JSON = .array([.double((time * 1e6).rounded() / 1e6), .string(kind), .string(text)])
        try file.write(event.encoded() + [0x0A])
    }
}

/// Bytes that come in pieces, of which one may end inside a character.
enum UTF8Pieces {
    /// The text of all whole characters, and the bytes of one whose end is still to come.
    static func split(_ bytes: [UInt8]) -> (text: String, rest: [UInt8]) {
        // The last character begins at most three bytes before the end.
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            guard byte & 0xC0 != 0x80 else { continue }
            if length > back {
                return (String(decoding: bytes.dropLast(back), as: UTF8.self), Array(bytes.suffix(back)))
            }
            break
        }
        return (String(decoding: bytes, as: UTF8.self), [])
    }
}
