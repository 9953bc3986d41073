import Archives
import EngineAPI
import Glibc
import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Writes a tree as an archive; what the sink throws comes out as it was.
    static func pack(
        _ path: String, as name: String, _ send: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var failure: (any Error)?
        do {
            try LayerArchive.write(path, as: name, form: .tree) { (bytes) throws(OCIError) in
                do { try send(bytes) } catch {
                    failure = error
                    throw .cancelled
                }
            }
        } catch { throw failure ?? error }
    }

    /// Unpacks an archive in a directory of a container (API: PutContainerArchive).
    ///
    /// - Parameters:
    ///   - path: The directory, which must exist.
    ///   - givesToUser: Whether the files become those of the container's user.
    ///   - pull: Gives the archive's next bytes, none at its end.
    public func putArchive(
        _ reference: String, path: String, givesToUser: Bool, operation: String,
        pull: @escaping @Sendable () throws -> [UInt8]
    ) throws {
        let container = try self.container(reference)
        let definition = container.life.current.definition
        let step = Step(
            .filesPut, command: "tar -x -C \(BindMount.clean(path))",
            facts: [
                "container": .string(container.name), "directory": .string(BindMount.clean(path)),
                "upper": .string(container.upper),
            ]
        ) { [self] in
            try withFiles(of: container, at: path) { files in
                guard let status = try files.tree.status(files.path, follows: true) else {
                    throw EngineFailure.notFound("Could not find the file \(path) in container \(reference)")
                }
                guard status.isDirectory else {
                    throw EngineFailure.invalid("extraction point is not a directory")
                }
                if let mount = files.mount {
                    if mount.isReadOnly { throw EngineFailure(status: 403, "mounted volume is marked read-only") }
                } else if definition.hostObject.flag("ReadonlyRootfs") {
                    throw EngineFailure(status: 403, "container rootfs is marked read-only")
                }
                let owner = givesToUser ? try Self.owner(definition.configObject.text("User"), in: files.tree) : nil
                var unpacker = TreeUnpacker(into: files.tree, owner: owner ?? .archiveIfAllowed)
                var entries: Int64 = 0
                var tops: [ArchivePath] = []
                do {
                    try unpacker.unpack(ArchiveReader(bound: UnpackBound(unpackLimit, at: container.directory), pull)) {
                        name in
                        entries += 1
                        if let top = name.components.first, top.text != ".", !tops.contains(top) { tops.append(top) }
                        return files.path.isRoot ? name : files.path.appending(name)
                    }
                } catch let error as ArchiveError {
                    throw EngineFailure.invalid("\(error)")
                } catch let error as SystemError where [EEXIST, EISDIR].contains(error.code) {
                    throw EngineFailure.invalid(error.operation)
                }
                let evidence = try tops.prefix(3).compactMap { name -> Evidence? in
                    let path = files.path.isRoot ? name : files.path.appending(name)
                    guard let found = try files.tree.status(path, follows: false) else { return nil }
                    return Evidence(
                        source: files.shown == "/" ? "/\(name.text)" : "\(files.shown)/\(name.text)",
                        found.isDirectory ? Finding(.directory) : Finding(.file, count: Int64(found.st_size)))
                }
                return StepOutcome(facts: ["entries": .integer(entries)], evidence: evidence)
            }
        }
        do {
            try run(
                Procedure(title: "copy into container", object: container.name, steps: [step]), operation: operation)
        } catch { throw EngineFailure(wrapping: error, doing: "copying into container \(container.name)") }
        publish("extract-to-dir", container)
    }

    /// The numbers of a container's user, looked up in its own files; `nil` where none was asked for.
    private static func owner(_ user: String, in tree: RootedTree) throws -> TreeUnpacker.Owner? {
        let parts = user.split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return nil }
        func lookUp(_ name: String, _ file: ArchivePath, groupField: Bool) throws -> (uid_t, gid_t)? {
            if let number = uid_t(name), groupField || parts.count > 1 { return (number, number) }
            let text = try tree.file(file)?.readToEnd(limit: 16 << 20) ?? []
            for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
                let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                guard fields.count > 3, fields[0] == name || fields[2] == name, let number = uid_t(fields[2]) else {
                    continue
                }
                return (number, groupField ? number : gid_t(fields[3]) ?? 0)
            }
            return uid_t(name).map { ($0, 0) }
        }
        guard let found = try lookUp(name, "etc/passwd", groupField: false) else {
            throw EngineFailure.invalid("unable to find user \(name): no matching entries in passwd file")
        }
        let group = parts.count > 1 ? try lookUp(parts[1], "etc/group", groupField: true)?.0 : nil
        return .fixed(uid: found.0, gid: group ?? found.1)
    }
}
