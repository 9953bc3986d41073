/// A system call filter compiled to the kernel's form (`seccomp(2)`): instructions of classic BPF.
///
/// A filter is compiled once and shared by all containers that use it.
public final class SeccompFilter: Sendable {
    /// The instructions: an array of `struct sock_filter`, 8 bytes each.
    public let instructions: [UInt8]
    /// What it was made of, for people: `docker-default`, or a file's name.
    public let name: String

    /// Wraps compiled instructions.
    public init(instructions: [UInt8], name: String) {
        self.instructions = instructions
        self.name = name
    }
}
