/// Takes apart the stream in which an engine sends a container's output without a terminal: frames of a header of eight
/// bytes (the stream's number, three zeros, the length in network order) and a payload (Docker Engine API,
/// "ContainerAttach", "Stream format").
public struct StreamDemultiplexer: Sendable {
    /// Which output a piece belongs to.
    public enum Stream: UInt8, Sendable {
        /// Echoed input; shown as output.
        case input = 0
        /// The standard output.
        case output = 1
        /// The error output.
        case error = 2
        /// A message of the engine about the stream itself.
        case system = 3
    }

    private var header: [UInt8] = []
    private var stream = Stream.output
    private var remaining = 0

    /// A demultiplexer at the start of a stream.
    public init() {}

    /// Takes what was read, in pieces of any size, and gives the payloads as far as they have come.
    ///
    /// - Parameters:
    ///   - bytes: What was read.
    ///   - emit: Is given each piece of payload; answers `false` to stop.
    /// - Returns: `false` if it was stopped, or what came is no such stream.
    public mutating func feed(_ bytes: some Sequence<UInt8>, _ emit: (Stream, ArraySlice<UInt8>) -> Bool) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            if remaining > 0 {
                let piece = rest.prefix(remaining)
                remaining -= piece.count
                rest = rest.dropFirst(piece.count)
                if !emit(stream, piece) { return false }
                continue
            }
            let missing = 8 - header.count
            header += rest.prefix(missing)
            rest = rest.dropFirst(missing)
            if header.count == 8 {
                guard let found = Stream(rawValue: header[0]) else { return false }
                stream = found
                remaining = header[4...].reduce(0) { $0 << 8 | Int($1) }
                header = []
            }
        }
        return true
    }
}
