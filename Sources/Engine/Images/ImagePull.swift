import EngineAPI
import Glibc
import OCI
import OrderedJSON
import Posix
import Registry
import Steps
import Synchronization

/// What a client asks for when it pulls.
public struct PullRequest: Sendable {
    /// The name, with a tag or a digest.
    public var reference: ImageReference
    /// The platform; `nil` for the machine's own.
    public var platform: Platform?
    /// What the user proves to the registry; `nil` for nobody.
    public var credentials: RegistryCredentials?

    /// A request.
    public init(_ reference: ImageReference, platform: Platform? = nil, credentials: RegistryCredentials? = nil) {
        self.reference = reference
        self.platform = platform
        self.credentials = credentials
    }
}

/// One pull: from a name to an image that containers can be made of.
///
/// The steps are resolve (name to digest), manifest (what it consists of), and for each layer its download and its
/// unpacking, then the check of what was stored, and the name. Downloads run ahead of the steps that tell of them.
final class ImagePull: Sendable {
    private let node: Node
    private let request: PullRequest
    private let sources: [RegistryClient]
    private let progress: TransferProgress
    private let owner: String
    private let platform: Platform
    private let resolved = Late<Resolved>("the resolved name")
    private let parts = Late<Parts>("the manifest")
    private let downloads = Late<LayerDownloads>("the downloads")
    /// Whether another image had the name, or none.
    let isNew = Late<Bool>("the image")

    /// What a name means in a registry.
    struct Resolved: Sendable {
        var client: RegistryClient
        var url: RegistryURL
        var document: ManifestDocument
    }

    /// What the image consists of.
    struct Parts: Sendable {
        var manifest: BlobDescriptor
        var contents: Manifest
        var config: ImageConfig
    }

    private var reference: ImageReference { request.reference }
    private var images: ImageStore { node.images }

    init(
        _ request: PullRequest, node: Node, sources: [RegistryClient], progress: TransferProgress, owner: String
    ) {
        self.request = request
        self.node = node
        self.sources = sources
        self.progress = progress
        self.owner = owner
        platform = request.platform ?? .current
    }

    /// The digest that the registry has for the name.
    var digest: Digest? { resolved.ifPresent?.document.digest }

    /// All of it, in order; the manifest brings the steps of the layers.
    var procedure: Procedure {
        Procedure(title: "pull image", object: reference.familiar, steps: [resolve, manifest, verify, tag])
    }

    /// For a plan: the steps, with those that the manifest brings. The registry is asked, nothing is stored.
    func plannedProcedure() throws -> Procedure {
        let found = try find(reference.digest.map { "\($0)" } ?? reference.tag ?? ImageReference.defaultTag)
        let (_, contents, config, _, _) = try read(found)
        let layers = contents.layers.indices.flatMap {
            [download($0, contents.layers[$0]), unpack($0, contents, config)]
        }
        var procedure = procedure
        procedure.steps.insert(contentsOf: layers, at: 2)
        return procedure
    }

    /// Ends downloads that nobody waits for any more.
    func stop() { downloads.ifPresent?.stop() }

    // MARK: The steps

    private var resolve: Step {
        let name = reference.digest.map { "\($0)" } ?? reference.tag ?? ImageReference.defaultTag
        return Step(
            .registryResolve, command: "GET /v2/\(reference.path)/manifests/\(name)",
            facts: ["reference": .string(reference.familiar), "repository": .string(reference.path)]
        ) { [self] in
            let found = try find(name)
            resolved.set(found)
            try progress.tell("Pulling from \(reference.path)", id: name)
            let document = found.document
            return StepOutcome(
                facts: [
                    "registry": .string(found.url.authority), "digest": .string("\(document.digest)"),
                    "mediaType": .string(document.mediaType), "size": .integer(Int64(document.bytes.count)),
                    "isLab": .bool(found.url == node.registries.embeddedURL),
                ],
                evidence: [
                    Evidence(
                        source: "http /v2/\(reference.path)/manifests/\(name)",
                        .bytes(document.bytes.count, Digest(of: document.bytes)))
                ], command: "GET \(found.url.at("/v2/\(reference.path)/manifests/\(name)"))")
        }
    }

    /// Asks one registry after another. Only where none has it, why is told.
    private func find(_ name: String) throws -> Resolved {
        var failures: [RegistryFailure] = []
        for client in sources {
            do {
                let url = try client.connect()
                return Resolved(client: client, url: url, document: try client.manifest(reference.path, name))
            } catch let failure as RegistryFailure {
                switch failure {
                case .notFound, .unreachable, .forbidden, .unauthorized, .denied, .tls: failures.append(failure)
                default: throw failure
                }
            }
        }
        throw node.missing(reference, failures)
    }

    private var manifest: Step {
        Step(
            .manifestFetch, command: "GET /v2/\(reference.path)/manifests/DIGEST",
            facts: ["reference": .string(reference.familiar), "platform": .string("\(platform)")]
        ) { [self] in
            let found = try resolved.value()
            let (document, contents, config, bytes, choices) = try read(found)
            // What is here but damaged is as good as missing.
            let missing = contents.layers.filter { !images.content.isSound($0) }
            try checkRoom(for: missing)
            try images.content.add(bytes)
            try images.content.add(document.bytes)
            parts.set(Parts(manifest: document.descriptor, contents: contents, config: config))
            try announce(contents, missing: missing)
            try begin(contents, missing: Set(missing.map(\.digest)), from: found.client)
            return StepOutcome(
                facts: [
                    "digest": .string("\(document.digest)"), "layers": .integer(Int64(contents.layers.count)),
                    "choices": .integer(Int64(choices)), "image": .string("\(contents.config.digest)"),
                    "size": .integer(contents.layers.reduce(0) { $0 + $1.size }),
                    "architecture": .string(config.architecture),
                ],
                evidence: [
                    try stored(document.digest), try stored(contents.config.digest),
                ], command: "GET \(found.url.at("/v2/\(reference.path)/manifests/\(document.digest)"))",
                followUps: contents.layers.indices.flatMap {
                    [download($0, contents.layers[$0]), unpack($0, contents, config)]
                })
        }
    }

    /// Reads what an image consists of: its manifest, out of an index the one for the platform, and its configuration.
    private func read(_ found: Resolved) throws -> (
        document: ManifestDocument, contents: Manifest, config: ImageConfig, bytes: [UInt8], choices: Int
    ) {
        var document = found.document
        var choices = 1
        if MediaType.isIndex(document.mediaType) {
            let index = try ImageIndex(parsing: document.bytes, what: "index of \(reference.familiar)")
            choices = index.manifests.count
            guard let chosen = index.manifest(for: platform) else {
                throw EngineFailure.notFound(
                    "no matching manifest for \(platform) in the manifest list entries: no match for platform in "
                        + "manifest: not found")
            }
            document = try found.client.manifest(reference.path, "\(chosen.digest)")
        }
        let contents = try Manifest(parsing: document.bytes, what: "manifest of \(reference.familiar)")
        let bytes = try found.client.blob(
            contents.config, of: reference.path, what: "configuration of \(reference.familiar)")
        let config = try ImageConfig(parsing: bytes, what: "configuration of \(reference.familiar)")
        try check(contents, config)
        return (document, contents, config, bytes, choices)
    }

    private func check(_ contents: Manifest, _ config: ImageConfig) throws {
        guard config.diffIDs.count == contents.layers.count else {
            throw OCIError.invalidDocument(
                what: "image \(reference.familiar)",
                problem: "the manifest has \(contents.layers.count) layers, the configuration \(config.diffIDs.count)")
        }
        guard config.os.isEmpty || config.os == Platform.current.os else {
            throw EngineFailure.invalid("operating system \(config.os) is not supported: \(reference.familiar)")
        }
        if let wanted = request.platform, !config.architecture.isEmpty, !wanted.accepts(config.platform) {
            throw EngineFailure.notFound(
                "image with reference \(reference.familiar) was found but its platform (\(config.platform)) does not match "
                    + "the specified platform (\(wanted))")
        }
    }

    /// Checks that the layers that have to be fetched fit on the disk.
    private func checkRoom(for missing: [BlobDescriptor]) throws {
        let needed = missing.reduce(Int64(0)) { sum, layer in
            let (result, isTooMuch) = sum.addingReportingOverflow(layer.size)
            return isTooMuch ? .max : result
        }
        let free = DiskSpace.free(at: images.content.path)
        guard needed == 0 || needed < free else {
            throw RegistryFailure.noSpace(what: "image \(reference.familiar)", needed: needed, free: free)
        }
    }

    private func announce(_ contents: Manifest, missing: [BlobDescriptor]) throws {
        // An image that is here as a whole is no news, layer by layer.
        if images.image(contents.config.digest) != nil, missing.isEmpty { return }
        for layer in contents.layers {
            try progress.tell(missing.contains(layer) ? "Pulling fs layer" : "Already exists", layer: layer.digest)
        }
        for layer in missing.dropFirst(LayerDownloads.parallelism) {
            try progress.tell("Waiting", layer: layer.digest)
        }
    }

    private func begin(_ contents: Manifest, missing: Set<Digest>, from client: RegistryClient) throws {
        let (path, progress, images, registries) = (reference.path, progress, images, node.registries)
        let downloads = LayerDownloads(contents.layers) { index, check in
            let layer = contents.layers[index]
            if !missing.contains(layer.digest) { return ReceivedBlob(bytes: 0, resumptions: 0) }
            let received = try registries.fetchOnce(
                layer, of: path, from: client, into: images.content, what: "layer \(layer.digest.short)"
            ) { count in
                try check()
                try progress.tell("Downloading", layer: layer.digest, current: count, total: layer.size)
            }
            try progress.tell("Verifying Checksum", layer: layer.digest)
            try progress.tell("Download complete", layer: layer.digest)
            return received
        }
        self.downloads.set(downloads)
        try downloads.start()
    }

    private func download(_ index: Int, _ layer: BlobDescriptor) -> Step {
        Step(
            .layerDownload, command: "GET /v2/\(reference.path)/blobs/\(layer.digest)",
            facts: [
                "digest": .string("\(layer.digest)"), "size": .integer(layer.size),
                "number": .integer(Int64(index + 1)),
                "mediaType": .string(layer.mediaType),
            ]
        ) { [self] in
            let result = try downloads.value().wait(for: index)
            let path = images.content.path(of: layer.digest)
            guard let size = images.content.size(of: layer.digest) else { throw OCIError.noSuchBlob(layer.digest) }
            return StepOutcome(
                facts: [
                    "received": .integer(result.received.bytes), "wasHere": .bool(result.received.bytes == 0),
                    "resumptions": .integer(Int64(result.received.resumptions)), "path": .string(path),
                ],
                evidence: [Evidence(source: path, Finding(.bytes, count: Int64(size)))], duration: result.duration)
        }
    }

    private func unpack(_ index: Int, _ contents: Manifest, _ config: ImageConfig) -> Step {
        let layer = contents.layers[index]
        let diffID = config.diffIDs[index]
        let parent = index == 0 ? nil : config.chainIDs[index - 1]
        return Step(
            .layerUnpack, command: "tar -x -C \(images.layers.path)/\(config.chainIDs[index].hexadecimal)/diff",
            facts: ["digest": .string("\(diffID)")]
        ) { [self] in
            let source = DescriptorSource(try images.content.open(layer.digest))
            let progress = progress
            var failure: (any Error)?
            let result: UnpackResult
            do throws(OCIError) {
                result = try images.layers.unpack(
                    source, diffID: diffID, parent: parent, owner: owner, compressed: layer.size
                ) { (count) throws(OCIError) in
                    do { try progress.tell("Extracting", layer: layer.digest, current: count, total: layer.size) } catch
                    {
                        failure = error
                        throw .cancelled
                    }
                }
            } catch { throw failure ?? error }
            let wasHere = try downloads.value().wait(for: index).received.bytes == 0
            if result.isNew || !wasHere { try progress.tell("Pull complete", layer: layer.digest) }
            let made = result.layer
            let names = try Files.list(made.path).map(\.name)
            return StepOutcome(
                facts: [
                    "directory": .string(made.path), "size": .integer(made.size),
                    "files": .integer(Int64(made.entries)), "wasHere": .bool(!result.isNew),
                ], evidence: [Evidence.list(of: made.path, names)],
                command: result.isNew ? "tar -x -C \(made.path)" : "ls \(made.path)")
        }
    }

    private var verify: Step {
        Step(.imageVerify, command: "sha256sum blobs/sha256/*", facts: ["reference": .string(reference.familiar)]) {
            [self] in
            let parts = try parts.value()
            let documents = [parts.manifest.digest, parts.contents.config.digest]
            return StepOutcome(
                facts: [
                    "image": .string("\(parts.contents.config.digest)"), "digest": .string("\(parts.manifest.digest)"),
                    "layers": .integer(Int64(parts.contents.layers.count)),
                ], evidence: try documents.map { try stored($0) },
                command: "sha256sum \(images.content.path(of: parts.contents.config.digest))")
        }
    }

    private var tag: Step {
        Step(
            .imageTag, command: "tag \(reference.familiar)", facts: ["reference": .string(reference.familiar)]
        ) { [self] in
            let parts = try parts.value()
            let found = try resolved.value()
            let previous = images.image(named: reference)
            let digested = reference.digested(found.document.digest)
            let names = reference.digest == nil ? [reference.taggedByDefault, digested] : [digested]
            let (id, _) = try images.register(parts.manifest, as: names)
            isNew.set(previous?.id != id)
            let now = try images.image(named: reference.familiar)
            return StepOutcome(
                facts: ["image": .string("\(id)")],
                evidence: [
                    Evidence(source: "\(images.content.path)/index.json", text: "\(reference.familiar) \(now.id)")
                ])
        }
    }

    /// A document as it now lies on the disk, hashed again.
    private func stored(_ digest: Digest) throws -> Evidence {
        let bytes = try images.content.read(digest)
        return Evidence(source: images.content.path(of: digest), .bytes(bytes.count, Digest(of: bytes)))
    }
}
