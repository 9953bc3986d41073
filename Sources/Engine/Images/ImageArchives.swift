public import EngineAPI
public import OCI
public import OrderedJSON
import Posix
import Steps

/// Images that come as archives: `docker load` and `docker import`.
extension Node {
    /// Stores the images of an archive (API: ImageLoad).
    ///
    /// - Parameter progress: Takes the lines that a client shows.
    public func loadImages(
        _ source: any ByteSource, operation: String, progress: @escaping (JSON) throws -> Void
    ) throws {
        let result = Late<[LoadedImage]>("the loaded images")
        // A client that is gone does not stop a load: it is a matter of the engine's disk, not of who watches.
        let lines = TransferProgress(isWanted: { true }, send: { _ = try? progress($0) })
        let images = images
        let bytes = SourceBox(source)
        let step = Step(.imageLoad, command: "load from archive", facts: ["source": "archive"]) {
            let loaded = try images.load(bytes.source) { (update: LayerProgress) throws(OCIError) in
                _ = try? lines.tell(
                    "Loading layer", layer: update.diffID, current: update.current, total: update.total)
            }
            result.set(loaded)
            let new = loaded.flatMap(\.layers).filter(\.isNew)
            return StepOutcome(
                facts: ["images": .strings(loaded.map { $0.references.first?.familiar ?? $0.id.short })],
                evidence: try loaded.map { try Self.stored($0.id, in: images) },
                followUps: new.map(Self.unpacked))
        }
        do {
            try run(Procedure(title: "load images", object: "archive", steps: [step]), operation: operation)
        } catch { throw EngineFailure(wrapping: error, doing: "loading images") }
        for image in try result.value() {
            for line in image.lines { try progress(["stream": .string(line + "\n")]) }
            events.publish(
                "image", "load", "\(image.id)", ["name": "\(image.id)"])
        }
    }

    /// An image's configuration as it now lies on the disk, hashed again: its digest is the image's identity.
    private static func stored(_ id: Digest, in images: ImageStore) throws -> Evidence {
        let bytes = try images.content.read(id)
        return Evidence(source: images.content.path(of: id), .bytes(bytes.count, Digest(of: bytes)))
    }

    /// Tells of a layer that was unpacked on the way.
    private static func unpacked(_ result: UnpackResult) -> Step {
        let layer = result.layer
        return Step(
            .layerUnpack, command: "tar -x -C \(layer.path)",
            facts: [
                "digest": .string("\(layer.diffID)"), "directory": .string(layer.path), "size": .integer(layer.size),
                "files": .integer(Int64(layer.entries)), "wasHere": .bool(!result.isNew),
            ]
        ) {
            let names = try Files.list(layer.path).map(\.name)
            return StepOutcome(evidence: [Evidence.list(of: layer.path, names)])
        }
    }

    /// The plan of ``loadImages(_:operation:progress:)``: the archive is read, as it must be to know what is in it, into
    /// files that are removed again.
    public func planLoad(_ source: any ByteSource) throws -> [StepRecord] {
        let planned: [PlannedLoad]
        do throws(OCIError) { planned = try images.plannedLoad(source) } catch {
            throw EngineFailure(wrapping: error, doing: "loading images")
        }
        let load = described(
            .imageLoad, "load from archive",
            ["source": "archive", "images": .strings(planned.map { $0.references.first?.familiar ?? $0.id.short })])
        let layers = planned.flatMap(\.newLayers).map { layer in
            let directory = "\(images.layers.path)/\(layer.chainID.hexadecimal)/diff"
            return described(
                .layerUnpack, "tar -x -C \(directory)",
                ["digest": .string("\(layer.diffID)"), "directory": .string(directory)])
        }
        return plan(Procedure(title: "load images", object: "archive", steps: [load] + layers))
    }

    /// What an import is asked to make.
    private struct Import {
        var reference: ImageReference?
        var settings = ContainerSettings()
        var platform: Platform

        init(repository: String, tag: String, changes: [String], platform: String) throws {
            do {
                let name = repository.isEmpty ? nil : tag.isEmpty ? repository : "\(repository):\(tag)"
                reference = try name.map { name throws(OCIError) in try ImageReference(name).taggedByDefault }
            } catch { throw EngineFailure(wrapping: error, doing: "importing image") }
            for change in changes {
                if change.isEmpty { throw EngineFailure.invalid("file with no instructions") }
                do { try settings.apply(change: change) } catch {
                    throw EngineFailure(wrapping: error, doing: "importing image")
                }
            }
            if reference?.digest != nil { throw EngineFailure.invalid("cannot import digest reference") }
            do { self.platform = platform.isEmpty ? .current : try Platform(platform) } catch {
                throw EngineFailure(wrapping: error, doing: "importing image")
            }
        }
    }

    /// The plan of ``importImage(_:source:repository:tag:message:changes:platform:operation:)``: the archive is not
    /// looked at.
    public func planImport(
        source: String, repository: String, tag: String, changes: [String], platform: String
    ) throws -> [StepRecord] {
        _ = try Import(repository: repository, tag: tag, changes: changes, platform: platform)
        let step = described(.imageImport, "import root file system", ["source": "archive"])
        return plan(Procedure(title: "import image", object: repository, steps: [step]))
    }

    /// Makes an image of a plain root file system (API: ImageCreate with `fromSrc`).
    /// - Returns: The image's identity.
    public func importImage(
        _ source: any ByteSource, source name: String = "-", repository: String, tag: String, message: String,
        changes: [String],
        platform: String, operation: String
    ) throws -> String {
        let wanted = try Import(repository: repository, tag: tag, changes: changes, platform: platform)
        let made = Late<Digest>("the image")
        let images = images
        let bytes = SourceBox(source)
        let step = Step(.imageImport, command: "import root file system", facts: ["source": "archive"]) {
            let id = try images.importImage(
                bytes.source, as: wanted.reference,
                message: message.isEmpty ? "Imported from \(name)" : message, config: wanted.settings,
                platform: wanted.platform)
            made.set(id)
            let image = images.image(id)
            return StepOutcome(
                facts: ["image": .string("\(id)"), "size": .integer(image?.size ?? 0)],
                evidence: [try Self.stored(id, in: images)])
        }
        do {
            try run(Procedure(title: "import image", object: repository, steps: [step]), operation: operation)
        } catch { throw EngineFailure(wrapping: error, doing: "importing image") }
        let id = try made.value()
        if let reference = wanted.reference { events.publish("image", "tag", "\(id)", ["name": reference.familiar]) }
        events.publish("image", "import", "\(id)", ["name": "\(id)"])
        return "\(id)"
    }
}

/// A source that a step's body uses: only the thread of the operation touches it.
private struct SourceBox: @unchecked Sendable {
    let source: any ByteSource
    init(_ source: any ByteSource) { self.source = source }
}
