import Posix

/// Compiled filters on disk, so that they outlive the engine.
///
/// A file is named by a short checksum of what the filter was made of, and holds that text in full before the
/// instructions: two profiles with the same checksum can't be taken for each other.
struct FilterCache: Sendable {
    /// Where the files are.
    let directory: String

    private static let magic = "drydock system call filter 1\n"

    /// The instructions made of this content; `nil` when they are not here, or damaged.
    func read(_ content: String) -> [UInt8]? {
        // Any failure to read means the same: the filter is compiled again.
        guard let file = try? Files.read(path(content)) else { return nil }
        let head = Array((Self.magic + content + "\n").utf8)
        let size = 8
        guard file.count > head.count + size, file.starts(with: head) else { return nil }
        let instructions = file[head.count..<(file.count - size)]
        guard instructions.count % size == 0, Array(file.suffix(size)) == Self.bytes(Self.checksum(instructions)) else {
            return nil
        }
        return Array(instructions)
    }

    /// Keeps instructions.
    func write(_ instructions: [UInt8], _ content: String) {
        // A directory that can't be written costs time at the next start, and nothing else.
        try? Files.makeDirectories(directory)
        let file = Array((Self.magic + content + "\n").utf8) + instructions + Self.bytes(Self.checksum(instructions))
        try? Files.replace(path(content), with: file, durable: false)
    }

    private func path(_ content: String) -> String {
        "\(directory)/\(String(Self.checksum(content.utf8), radix: 16)).bpf"
    }

    /// FNV-1a, 64 bits: against damage, not against malice (who can write here is the engine's user).
    private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
}
