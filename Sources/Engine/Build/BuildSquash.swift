import Archives
import Glibc
import OCI
import Posix

/// `--squash`: what a build added to its base, as one layer.
extension ImageBuild {
    /// Makes an image of the base's layers and one more, with all that the build changed.
    ///
    /// The layers of the build are carried out one after another on top of the base, in an overlay; what that leaves in its
    /// upper directory is the new layer. What one of them adds and a later one deletes is in it no more.
    func squash(_ id: Digest) throws -> Digest {
        let images = node.images
        guard node.kernel.profile.kind == .linux else {
            throw EngineFailure.notYet("docker build --squash on the simulated kernel")
        }
        guard let whole = images.image(id) else { throw OCIError.noSuchImage("\(id)") }
        let base = baseOfStage
        image = base
        let new = whole.contents.layers.dropFirst(base?.contents.layers.count ?? 0)
        if new.isEmpty { return id }
        let upper = try LayerCopy(self).replay(try new.map { try images.content.open($0.digest) })
        let now = ImageTime.now
        var made = whole.config
        for index in made.history.indices.dropFirst(base?.config.history.count ?? 0) {
            made.history[index].emptyLayer = true
        }
        let comment = base.map { "merge \(id) to \($0.id)" } ?? "create new from \(id)"
        made.history.append(ImageConfig.History(created: now, createdBy: "", comment: comment, emptyLayer: false))
        made.created = now
        let config = made
        return try images.makingImage { (owner) throws(OCIError) in
            let layer = try images.addLayer(directory: upper, form: .layer, onto: base?.topLayer, owner: owner)
            return try images.create(config, base: base, layers: [layer], parent: base?.id).id
        }
    }
}

extension LayerCopy {
    /// Carries out layers, lowest first.
    /// - Returns: The directory with what changed in all.
    func replay(_ layers: [Descriptor]) throws -> String {
        try change { tree in
            for layer in layers {
                var unpacker = TreeUnpacker(into: tree, owner: .archiveIfAllowed)
                try unpacker.unpack(try ArchiveReader { try layer.read(upTo: 256 * 1024) }) { path in
                    let name = path.last.text
                    guard name.hasPrefix(".wh.") else { return path }
                    try Self.whiteOut(String(name.dropFirst(4)), in: path.parent, of: tree)
                    return nil
                }
            }
        }
    }

    /// Deletes what a layer says is deleted: one name, or all of a directory.
    private static func whiteOut(_ name: String, in parent: ArchivePath, of tree: RootedTree) throws {
        guard let directory = try tree.open(parent, O_RDONLY | O_DIRECTORY) else { return }
        // Through the descriptor, which was resolved below the root: no link leads out of it.
        let place = "/proc/self/fd/\(directory.number)"
        if name != ".wh..opq" { return try Files.removeTree("\(place)/\(name)") }
        for entry in try Files.list(directory, shown: place) {
            try Files.removeTree(entry, in: directory.number, shown: entry.name)
        }
    }
}
