import Archives
import Glibc
import Kernel
import OCI
import Posix

/// COPY and ADD: files of the context, or of an earlier stage, become a layer.
extension ImageBuild {
    func copy(_ line: DockerfileLine) throws {
        do { try copyFiles(line) } catch let failure as EngineFailure {
            throw EngineFailure(status: failure.status, "\(line.name) failed: \(failure.message)")
        }
    }

    private func copyFiles(_ line: DockerfileLine) throws {
        let expansion = expansion
        let words = try (line.jsonWords ?? WordExpansion.split(line.rest, escape: parser.escape)).map {
            try expansion.word($0)
        }
        func flag(_ name: String) throws -> String? {
            try line.flags.last { $0.name == name }.map { try expansion.word($0.value) }
        }
        if planned != nil, try planUnknown(line, words, from: try flag("from")) { return }
        let (tree, holder) = try source(try flag("from"))
        var sources: [CopySource] = []
        var names: [String] = []
        for word in words.dropLast() {
            if let document = line.documents.first(where: { word.contains("<<") && word.contains($0.name) }) {
                let file = try write(document, expansion)
                sources.append(file)
                names.append(document.name)
                continue
            }
            for found in try find(word, in: tree, of: line, hasStage: holder != nil) {
                sources.append(found)
                names.append(found.path.last.text)
            }
        }
        let destination = words[words.count - 1]
        if sources.isEmpty { throw EngineFailure.invalid("no source files were specified") }
        if sources.count > 1, !destination.hasSuffix("/") {
            throw EngineFailure.invalid(
                "When using \(line.name) with more than one source file, the destination must be a directory and end with "
                    + "a /")
        }
        let owner = try flag("chown") ?? ""
        let mode = try flag("chmod").map { text in
            guard let mode = mode_t(text, radix: 8), mode <= 0o7777 else {
                throw EngineFailure.invalid(
                    "invalid chmod parameter: '\(text)'. it should be octal string and between 0 and 07777")
            }
            return mode
        }
        let digests = try sources.map { try $0.digest() }
        var hash = digests[0]
        if digests.count > 1 {
            hash = "multi:" + Digest(of: Array(digests.joined(separator: ",").utf8)).hexadecimal
        }
        // As Docker's builder notes it: nothing stands between the owner and the digest.
        let flags = (owner.isEmpty ? "" : "--chown=\(owner)") + (mode.map { "--chmod=\(String($0, radix: 8)) " } ?? "")
        let config = noted(["#(nop) \(line.name) \(flags)\(hash) in \(destination) "])
        if try takeFromCache(line, config) { return }
        if planned != nil { return try commit(line, config, container: "") { nil } }
        let layer = try LayerCopy(self)
        let plan = LayerCopy.Plan(
            sources: sources, names: names, destination: destination, workingDirectory: settings.workingDir,
            owner: owner, mode: mode, unpacks: line.name == "ADD")
        try commit(line, config, container: "") {
            defer { _ = holder }
            return try layer.copy(plan)
        }
    }

    /// The tree to copy from, and what keeps it mounted.
    private func source(_ from: String?) throws -> (RootedTree, DetachedMount?) {
        guard let from else { return (context.tree, nil) }
        let image: Image?
        if let stage = stage(from) {
            image = stages[stage].image
        } else {
            do { image = try base(from, platform: request.platform) } catch let failure as EngineFailure {
                throw EngineFailure.invalid("invalid from flag value \(from): \(failure)")
            } catch let error as OCIError {
                throw EngineFailure.invalid("invalid from flag value \(from): \(error)")
            }
        }
        let layers = image?.layers.reversed().map(\.path) ?? []
        let mount = try node.kernel.makeOverlay(
            OverlayLayers(
                lower: layers.isEmpty ? [try LayerCopy.emptyDirectory(of: self)] : layers, upper: nil, work: nil))
        if let descriptor = mount.descriptor { return (RootedTree(descriptor), mount) }
        guard layers.count < 2 else {
            throw EngineFailure.notYet("COPY --from of an image with several layers on the simulated kernel")
        }
        return (try RootedTree(at: mount.layers.lower[0]), mount)
    }

    private func write(_ document: DockerfileLine.HereDocument, _ expansion: WordExpansion) throws -> CopySource {
        let place = "\(directory)/documents-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(place, mode: 0o700)
        let text = document.expands ? try expansion.document(document.content) : document.content
        try Files.replace("\(place)/file", with: Array(text.utf8), durable: false)
        return CopySource(tree: try RootedTree(at: place), path: "file")
    }

    /// The files that a source of COPY means.
    private func find(_ word: String, in tree: RootedTree, of line: DockerfileLine, hasStage: Bool) throws
        -> [CopySource]
    {
        if word.contains("://"), line.name == "ADD" { return [try fetch(word)] }
        if word.contains("://") {
            throw EngineFailure.invalid("source can't be a URL for \(line.name)")
        }
        var depth = 0
        for part in word.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { throw EngineFailure.invalid("forbidden path outside the build context: \(word) ()") }
        }
        let path = ArchivePath(Self.cleaned(word))
        if !word.contains(where: { "*?[".contains($0) }) {
            guard try tree.status(path, follows: false) != nil else {
                throw EngineFailure.invalid(
                    (hasStage ? "" : "file not found in build context or excluded by .dockerignore: ")
                        + "stat \(path.text): file does not exist")
            }
            return [CopySource(tree: tree, path: path, isOfImage: hasStage)]
        }
        var found: [ArchivePath] = [""]
        for part in path.components {
            found = try found.flatMap { try CopySource.children(of: $0, in: tree) }.filter {
                IgnorePatterns.matches(part.text, $0.last.text)
            }
        }
        return found.map { CopySource(tree: tree, path: $0, isOfImage: hasStage) }
    }
}

/// Changes files on top of an image without running anything: an overlay is mounted, written to, and let go.
final class LayerCopy: Sendable {
    private let node: Node
    private let lower: [String]
    private let upper: String
    private let work: String

    struct Plan: Sendable {
        var sources: [CopySource]
        var names: [String]
        var destination: String
        var workingDirectory: String
        var owner: String
        var mode: mode_t?
        var unpacks: Bool
    }

    init(_ build: ImageBuild) throws {
        node = build.node
        let layers = build.image?.layers.reversed().map(\.path) ?? []
        lower = layers.isEmpty ? [try Self.emptyDirectory(of: build)] : layers
        let place = "\(build.directory)/layer-\(UInt64.random(in: 0 ... .max))"
        (upper, work) = ("\(place)/upper", "\(place)/work")
        try Files.makeDirectories(upper)
        try Files.makeDirectories(work, mode: 0o700)
    }

    /// What stands for no files at all.
    static func emptyDirectory(of build: ImageBuild) throws(SystemError) -> String {
        let path = "\(build.directory)/empty"
        try Files.makeDirectories(path)
        return path
    }

    /// Runs a change.
    /// - Returns: The directory with what changed.
    func change(_ body: (RootedTree) throws -> Void) throws -> String {
        let mount = try node.kernel.makeOverlay(OverlayLayers(lower: lower, upper: upper, work: work))
        // The simulated kernel mounts nothing: what is written goes to the upper directory itself.
        try body(try mount.descriptor.map { RootedTree($0) } ?? RootedTree(at: upper))
        return upper
    }

    func makeDirectory(_ path: String) throws -> String {
        try change { _ = try $0.directory(ArchivePath(path), owner: (0, 0)) }
    }

    func copy(_ plan: Plan) throws -> String { try change { try copy(plan, into: $0) } }

    private func copy(_ plan: Plan, into tree: RootedTree) throws {
        let owner = try Self.owner(plan.owner, in: tree)
        let given = plan.destination
        let joined = given.hasPrefix("/") ? given : "\(plan.workingDirectory)/\(given)"
        let target = ArchivePath(ImageBuild.cleaned(joined))
        let isDirectory =
            try given.hasSuffix("/") || given == "." || given.hasSuffix("/.")
            || tree.status(target, follows: true)?.isDirectory == true
        for (source, name) in zip(plan.sources, plan.names) {
            if plan.unpacks, !source.isFetched, try unpack(source, to: target, in: tree, owner: owner) { continue }
            var unpacker = TreeUnpacker(into: tree, owner: .fixed(uid: owner.uid, gid: owner.gid))
            let holdsFiles = try source.isDirectory()
            let place = holdsFiles || !isDirectory ? target : target.appending(ArchivePath(name))
            if holdsFiles { _ = try tree.directory(place, owner: owner) }
            try source.walk(asRoot: true) { entry, data in
                var entry = entry
                entry.path = place.appending(entry.path)
                // Another owner: the kernel takes away what would give the first one's rights (chown(2)).
                if entry.kind == .file { entry.mode &= entry.mode & S_IXGRP == 0 ? ~S_ISUID : ~(S_ISUID | S_ISGID) }
                if let mode = plan.mode { entry.mode = mode }
                try unpacker.place(entry, data: data)
            }
            try unpacker.finish()
        }
    }

    /// Unpacks a local archive, as ADD does.
    /// - Returns: Whether it is one.
    private func unpack(
        _ source: CopySource, to target: ArchivePath, in tree: RootedTree, owner: (uid: uid_t, gid: gid_t)
    ) throws -> Bool {
        // A pipe or a device of the context is no archive either, and reading it might never end.
        guard try source.tree.status(source.path, follows: true).map({ $0.st_mode & S_IFMT }) == S_IFREG else {
            return false
        }
        let (limit, disk) = (node.unpackLimit, node.configuration.directory)
        func reader() throws -> ArchiveReader? {
            guard let file = try source.tree.file(source.path) else { return nil }
            guard ArchiveReader.recognises(try file.read(upTo: 512)) else { return nil }
            lseek(file.number, 0, SEEK_SET)
            return try ArchiveReader(bound: UnpackBound(limit, at: disk)) {
                try file.read(upTo: 256 * 1024)
            }
        }
        // A compressed file that holds no archive is copied as it is.
        do { guard try reader()?.next() != nil else { return false } } catch is ArchiveError { return false }
        guard let archive = try reader() else { return false }
        _ = try tree.directory(target, owner: owner)
        var unpacker = TreeUnpacker(into: tree, owner: .archiveIfAllowed)
        do { try unpacker.unpack(archive) { target.appending($0) } } catch let error as ArchiveError {
            throw EngineFailure.invalid("\(source.path.text): \(error)")
        }
        return true
    }

    /// The numbers that `--chown` means, looked up in the image.
    private static func owner(_ text: String, in tree: RootedTree) throws -> (uid: uid_t, gid: gid_t) {
        if text.isEmpty { return (0, 0) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        func number(_ name: String, _ file: ArchivePath, _ kind: String) throws -> UInt32 {
            if let number = UInt32(name) { return number }
            let lines = String(decoding: try tree.file(file)?.readToEnd(limit: 16 << 20) ?? [], as: UTF8.self)
            for line in lines.split(separator: "\n") {
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                if fields.count > 2, fields[0] == name, let number = UInt32(fields[2]) { return number }
            }
            throw EngineFailure.invalid(
                "unable to convert uid/gid chown string to host mapping: can't find \(kind)id for "
                    + "\(kind == "u" ? "user" : "group") \(name): no such \(kind == "u" ? "user" : "group"): \(name)")
        }
        let uid = try number(parts[0], "etc/passwd", "u")
        return (uid, try number(parts.count > 1 ? parts[1] : parts[0], "etc/group", "g"))
    }
}

extension WordExpansion {
    /// A here-document: variables are put in, quotes stay.
    func document(_ text: String) throws -> String {
        try text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let guarded = line.replacing("'", with: "\(escape)'").replacing("\"", with: "\(escape)\"")
            return try word(String(guarded))
        }.joined(separator: "\n")
    }
}
