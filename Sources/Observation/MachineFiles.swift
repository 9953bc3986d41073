import Posix

/// What can be read of the machine that this program runs on. An engine may run on another one: then nothing of its
/// containers is found here.
public protocol MachineFiles: Sendable {
    /// What a file contains; `nil` where it can't be read.
    func text(_ path: String) -> String?
    /// Where a symbolic link leads; `nil` where it can't be read.
    func link(_ path: String) -> String?
    /// How many entries a directory has; `nil` where it can't be read.
    func entryCount(_ path: String) -> Int?
}

/// The files of this machine.
public struct LocalFiles: MachineFiles {
    /// This machine's files.
    public init() {}

    /// What a file of this machine contains.
    public func text(_ path: String) -> String? {
        do throws(SystemError) { return try Files.text(path) } catch { return nil }
    }

    /// Where a symbolic link of this machine leads.
    public func link(_ path: String) -> String? {
        do throws(SystemError) { return try Files.linkTarget(path) } catch { return nil }
    }

    /// How many entries a directory of this machine has.
    public func entryCount(_ path: String) -> Int? {
        do throws(SystemError) { return try Files.list(path).count } catch { return nil }
    }
}
