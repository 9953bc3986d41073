import EngineAPI
import Glibc
import OrderedJSON
import Posix
import Steps

extension Node {
    /// What a container has added, changed and deleted in its tree (API: ContainerChanges).
    ///
    /// - Parameter operation: The operation of whoever wants to be told of the reading.
    public func changes(_ reference: String, operation: String? = nil) throws -> JSON {
        let container = try self.container(reference)
        let layers = [initLayer] + container.life.current.definition.layers
        let upper = container.upper
        let changes = try reading(
            "list changes", of: container, operation: operation, .changesRead, command: "ls -R \(upper)",
            facts: [
                "container": .string(container.name), "upper": .string(upper),
                "layers": .integer(Int64(layers.count - 1)),
            ],
            read: { try UpperChanges(upper: upper, layers: layers).all() },
            tell: { changes in
                func count(_ kind: UpperChanges.Kind) -> JSON { .integer(Int64(changes.count { $0.kind == kind })) }
                let names = ((try? Files.list(upper)) ?? []).map(\.name)
                return StepOutcome(
                    facts: ["added": count(.added), "changed": count(.modified), "deleted": count(.deleted)],
                    evidence: [Evidence.list(of: upper, names)])
            })
        return changes.isEmpty
            ? .null
            : .array(changes.map { ["Path": .string($0.path), "Kind": .integer(Int64($0.kind.rawValue))] })
    }
}

/// Reads the changes of a container out of its overlay's upper directory: nothing has to be compared but what is there.
struct UpperChanges: Sendable {
    /// Docker's numbers.
    enum Kind: Int, Sendable { case modified, added, deleted }

    struct Change: Equatable, Sendable {
        var path: String
        var kind: Kind
    }

    let upper: String
    /// The layers below, topmost first.
    let layers: [String]

    /// The changes, by path. The directory that holds an added or deleted entry counts as changed.
    func all() throws -> [Change] {
        var changes: [Change] = []
        var directories: Set<[UInt8]> = []
        try visit([], &changes, &directories)
        return changes.sorted { $0.path < $1.path }
    }

    /// - Parameter directory: The path's bytes: names need not be text.
    private func visit(_ directory: [UInt8], _ changes: inout [Change], _ changed: inout Set<[UInt8]>) throws {
        guard let opened = Self.open(upper, directory) else { return }
        for entry in try Files.list(opened, shown: upper) {
            let path = directory + [UInt8(ascii: "/")] + entry.bytes
            var status = stat()
            guard Self.look(upper, path, &status) else { continue }
            if let kind = kind(of: path, status) {
                if entry.isDirectory { changed.insert(path) }
                if kind != .modified, !directory.isEmpty, changed.insert(directory).inserted {
                    changes.append(Change(path: Self.text(directory), kind: .modified))
                }
                changes.append(Change(path: Self.text(path), kind: kind))
            }
            if entry.isDirectory { try visit(path, &changes, &changed) }
        }
    }

    private static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

    private static func terminated(_ root: String, _ path: [UInt8]) -> [CChar] {
        (Array(root.utf8) + path).map { CChar(bitPattern: $0) } + [0]
    }

    private static func look(_ root: String, _ path: [UInt8], _ status: inout stat) -> Bool {
        lstat(terminated(root, path), &status) == 0
    }

    private static func open(_ root: String, _ path: [UInt8]) -> Descriptor? {
        let number = openat(AT_FDCWD, terminated(root, path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return number < 0 ? nil : Descriptor(owning: number)
    }

    /// What became of an entry; `nil` for a directory that is only there because of what is in it.
    private func kind(of path: [UInt8], _ status: stat) -> Kind? {
        if status.st_mode & S_IFMT == S_IFCHR, status.st_rdev == 0 { return .deleted }
        var old = stat()
        guard layers.contains(where: { Self.look($0, path, &old) && !Self.isWhiteout(old) }) else { return .added }
        let isSame =
            status.st_mode == old.st_mode && status.st_mode & S_IFMT == S_IFDIR && status.st_size == old.st_size
            && status.st_mtim.tv_sec == old.st_mtim.tv_sec && status.st_mtim.tv_nsec == old.st_mtim.tv_nsec
        return isSame ? nil : .modified
    }

    private static func isWhiteout(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0 }
}
