import OrderedJSON

/// How the lines of a log lie on the disk: Docker's log drivers of that name.
enum LogForm: String, Sendable {
    /// One JSON object a line.
    case jsonFile = "json-file"
    /// One protocol buffer a line, between its length twice, most significant byte first.
    case local

    /// The form that a container's settings name; `nil` where the output is not kept (`none`).
    init?(_ settings: JSON?) {
        let name = settings?["Type"]?.string ?? ""
        self.init(rawValue: name.isEmpty ? Self.jsonFile.rawValue : name)
    }

    /// The options that the driver knows (`--log-opt`).
    var options: Set<String> {
        switch self {
        case .jsonFile: ["max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag"]
        case .local: ["max-size", "max-file", "compress"]
        }
    }
}

/// A piece of a line longer than ``ContainerLog/lineLimit``, as the `local` form tells it.
struct PartialLine: Sendable, Equatable {
    /// Whether the line ends with it.
    var isLast: Bool
    /// 64 hexadecimal digits, the same for all pieces of a line.
    var id: String
    /// Which piece, from 1.
    var number: Int
}

/// Log entries in the form of the driver `local` (the message `LogEntry` of Docker's plugin protocol).
enum LocalLogEntry {
    /// What is before and after an entry: its length.
    static let frame = 4

    /// An entry with its frame.
    ///
    /// - Parameters:
    ///   - line: Without the newline at its end.
    ///   - time: Nanoseconds since 1970.
    static func encoded(
        _ line: some Collection<UInt8>, _ stream: OutputStream, time: Int64, partial: PartialLine?
    ) -> [UInt8] {
        var entry: [UInt8] = []
        append(1, Array(stream.rawValue.utf8), to: &entry)
        append(2, UInt64(bitPattern: time), to: &entry)
        if !line.isEmpty { append(3, line, to: &entry) }
        if let partial {
            append(4, 1, to: &entry)
            var inner: [UInt8] = []
            if partial.isLast { append(1, 1, to: &inner) }
            append(2, Array(partial.id.utf8), to: &inner)
            append(3, UInt64(partial.number), to: &inner)
            append(5, inner, to: &entry)
        }
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: UInt32(clamping: entry.count) >> $0) }
        return length + entry + length
    }

    private static func append(_ field: UInt8, _ bytes: some Collection<UInt8>, to entry: inout [UInt8]) {
        entry.append(field << 3 | 2)
        varint(UInt64(bytes.count), to: &entry)
        entry += bytes
    }

    private static func append(_ field: UInt8, _ value: UInt64, to entry: inout [UInt8]) {
        entry.append(field << 3)
        varint(value, to: &entry)
    }

    private static func varint(_ value: UInt64, to entry: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            entry.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        entry.append(UInt8(rest))
    }

    /// The length that a frame says; `nil` where it is not all there.
    static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= frame else { return nil }
        return bytes.prefix(frame).reduce(0) { $0 << 8 | Int($1) }
    }

    /// What an entry says; `nil` for bytes that are none.
    static func decoded(_ bytes: ArraySlice<UInt8>) -> (line: [UInt8], stream: OutputStream, time: Int64)? {
        var line: [UInt8] = []
        var (source, time): (String, Int64) = ("", 0)
        var (isPartial, isLast) = (false, false)
        var rest = bytes
        while !rest.isEmpty {
            guard let field = readField(&rest) else { return nil }
            switch field {
            case .bytes(1, let name): source = String(decoding: name, as: UTF8.self)
            case .number(2, let value): time = Int64(bitPattern: value)
            case .bytes(3, let text): line = Array(text)
            case .number(4, let value): isPartial = value != 0
            case .bytes(5, var inner):
                while !inner.isEmpty {
                    guard let field = readField(&inner) else { return nil }
                    if case .number(1, let value) = field { isLast = value != 0 }
                }
            default: continue
            }
        }
        guard let stream = OutputStream(rawValue: source) else { return nil }
        if !isPartial || isLast { line.append(0x0A) }
        return (line, stream, time)
    }

    private enum Field {
        case number(UInt64, UInt64)
        case bytes(UInt64, ArraySlice<UInt8>)
    }

    private static func readField(_ rest: inout ArraySlice<UInt8>) -> Field? {
        guard let key = readVarint(&rest), let value = readVarint(&rest) else { return nil }
        switch key & 7 {
        case 0: return .number(key >> 3, value)
        case 2:
            guard let count = Int(exactly: value), count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return .bytes(key >> 3, rest.prefix(count))
        default: return nil
        }
    }

    private static func readVarint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
