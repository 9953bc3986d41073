import OCI
import Posix

/// The cache of images that were built elsewhere: `--cache-from`.
extension ImageBuild {
    /// Looks whether one of the named images was made of the present one by the same instruction.
    ///
    /// Nothing but its history and its layers tells: the histories must agree up to here, and the next entry must be of
    /// this instruction. What comes of it is the image as it was after that instruction, made again of its layers.
    func takeFromSources(_ config: ContainerSettings) throws -> Image? {
        guard let (source, whole) = sourceWith(config) else { return nil }
        // What follows may come from this image alone.
        cacheSources = [source]
        return try whole ?? restore(source, upTo: image?.config.history.count ?? 0, config)
    }

    /// The named image whose next instruction is this one.
    /// - Returns: The image, and whether it is itself what comes of the instruction, being its last.
    func sourceWith(_ config: ContainerSettings) -> (source: Image, whole: Image?)? {
        let history = image?.config.history ?? []
        let diffIDs = image?.config.diffIDs ?? []
        for source in cacheSources {
            let other = source.config
            guard other.history.count > history.count, Self.agree(Array(other.history.prefix(history.count)), history),
                other.diffIDs.starts(with: diffIDs),
                other.history[history.count].createdBy == (config.cmd ?? []).joined(separator: " ")
            else { continue }
            return (source, other.history.count == history.count + 1 ? source : nil)
        }
        return nil
    }

    private static func agree(_ one: [ImageConfig.History], _ other: [ImageConfig.History]) -> Bool {
        zip(one, other).allSatisfy { $0.createdBy == $1.createdBy && $0.emptyLayer == $1.emptyLayer }
    }

    private func restore(_ source: Image, upTo index: Int, _ config: ContainerSettings) throws -> Image? {
        let entry = source.config.history[index]
        let base = image
        var made = base?.config ?? ImageConfig()
        (made.created, made.author, made.config) = (entry.created, entry.author, settings)
        (made.containerConfig, made.dockerVersion) = (config, node.configuration.version)
        made.architecture = source.config.architecture
        made.history.append(entry)
        let place = base?.config.diffIDs.count ?? 0
        let (images, new) = (node.images, made)
        let id = try images.keepingContent { () throws(OCIError) in
            var layers: [NewLayer] = []
            if !entry.emptyLayer {
                guard place < source.layers.count else { throw .noSuchImage("\(source.id)") }
                layers = [NewLayer(blob: source.contents.layers[place], layer: source.layers[place])]
            }
            return try images.create(new, base: base, layers: layers, parent: base?.id).id
        }
        return images.image(id)
    }
}
