import Glibc
import Posix

/// Where this machine has its cgroups mounted, and the engine's parent group in each place (`cgroups(7)`).
public struct CgroupHierarchies: Sendable {
    /// Version 1, version 2, or both.
    public let layout: KernelProfile.CgroupLayout
    /// The controllers that can be used, by their names in `/proc/cgroups`.
    public let controllers: Set<String>
    /// Whether swap can be limited.
    public let limitsSwap: Bool

    /// Reads `/proc/self/mountinfo` and `/proc/self/cgroup`.
    ///
    /// - Parameter parent: The engine's parent group, such as `drydock`.
    public static func detect(parent: String) throws(SystemError) -> CgroupHierarchies {
        throw SystemError("reading /proc/self/mountinfo", code: ENOSYS)
    }

    /// Makes a group of that name below the engine's parent group in every hierarchy.
    public func make(_ name: String) throws(SystemError) -> any Cgroup {
        throw SystemError("making cgroup \(name)", code: ENOSYS)
    }

    /// The group of that name if it exists in any hierarchy.
    public func existing(_ name: String) -> (any Cgroup)? { nil }

    /// The names of all groups below the engine's parent group.
    public func names() throws(SystemError) -> [String] { [] }

    /// Removes the engine's parent group, which must be empty, from every hierarchy.
    public func removeParent() throws(SystemError) {
        throw SystemError("removing the engine's cgroup", code: ENOSYS)
    }
}
