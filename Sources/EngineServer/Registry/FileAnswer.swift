import Glibc
import HTTPMessages
import Posix

extension Responder {
    /// Answers with a file, or with the part of it that a field `Range` asks for (RFC 9110, section 14).
    ///
    /// Only one range is understood; a field that names several, or none that makes sense, gets the whole.
    func send(
        file: Descriptor, size: Int64, range: String?, contentType: String, headers: Headers
    ) throws {
        var (first, last) = (Int64(0), size - 1)
        var status = 200
        var headers = headers
        if let range, let wanted = ByteRange(range, size: size) {
            guard wanted.first < size else {
                return try send(416, headers: ["Content-Range": "bytes */\(size)"])
            }
            (first, last) = (wanted.first, wanted.last)
            status = 206
            headers.add("Content-Range", "bytes \(first)-\(last)/\(size)")
        }
        let length = last - first + 1
        try check("seeking in a blob") { lseek(file.number, Int(first), SEEK_SET) }
        try send(status, length: length, contentType: contentType, headers: headers) { write in
            var left = length
            while left > 0 {
                let bytes = try file.read(upTo: Int(min(left, 256 * 1024)))
                guard !bytes.isEmpty else { throw SystemError("reading a blob", code: EIO) }
                try write(bytes)
                left -= Int64(bytes.count)
            }
        }
    }
}

/// `bytes=FIRST-LAST`, `bytes=FIRST-`, `bytes=-COUNT`.
struct ByteRange: Equatable {
    var first: Int64
    var last: Int64

    init?(_ text: String, size: Int64) {
        guard text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[0].isEmpty {
            guard let count = Int64(parts[1]), count > 0 else { return nil }
            (first, last) = (max(0, size - count), size - 1)
            return
        }
        guard let first = Int64(parts[0]), first >= 0 else { return nil }
        let end = parts[1].isEmpty ? size - 1 : Int64(parts[1])
        guard let end, end >= first || first >= size else { return nil }
        (self.first, last) = (first, min(end, size - 1))
    }
}
