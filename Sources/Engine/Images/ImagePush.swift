import EngineAPI
import OCI
import OrderedJSON
import Posix
import Registry
import Steps
import Synchronization

/// One push: an image's parts into a registry, then the manifest that names them.
///
/// What is sent are the very bytes that are stored here, so the image has the same digests there.
final class ImagePush: Sendable {
    private let node: Node
    private let reference: ImageReference
    private let image: Image
    private let client: RegistryClient
    private let progress: TransferProgress
    private let address = Late<RegistryURL>("the registry's address")

    private var images: ImageStore { node.images }
    private var tag: String { reference.tag ?? ImageReference.defaultTag }

    /// - Parameters:
    ///   - reference: The name, with a tag.
    ///   - client: Where it goes.
    init(
        _ reference: ImageReference, of image: Image, to client: RegistryClient, node: Node, progress: TransferProgress
    ) {
        self.reference = reference
        self.image = image
        self.client = client
        self.node = node
        self.progress = progress
    }

    /// All of it, in order.
    var procedure: Procedure {
        let layers = zip(image.contents.layers, image.config.diffIDs).map { upload($0, diffID: $1) }
        return Procedure(
            title: "push image", object: reference.familiar,
            steps: [connect] + layers + [upload(image.contents.config, diffID: nil), manifest])
    }

    private var connect: Step {
        Step(
            .registryConnect, command: "GET /v2/",
            facts: ["registry": .string(client.name), "repository": .string(reference.path)]
        ) { [self] in
            let url = try client.connect()
            address.set(url)
            // The uppermost first, and all by the digests of what is in them: so Docker's engine shows a push.
            for diffID in image.config.diffIDs.reversed() { try progress.tell("Preparing", layer: diffID) }
            return StepOutcome(
                facts: ["isLab": .bool(url == node.registries.embeddedURL)],
                evidence: [Evidence(source: "http /v2/", text: "\(url)")], command: "GET \(url.at("/v2/"))")
        }
    }

    /// - Parameter diffID: The layer's; `nil` for the configuration, which no client is told of.
    private func upload(_ blob: BlobDescriptor, diffID: Digest?) -> Step {
        let what = diffID == nil ? "configuration" : "layer"
        return Step(
            .layerUpload, command: "PUT /v2/\(reference.path)/blobs/uploads/ID?digest=\(blob.digest)",
            facts: ["digest": .string("\(blob.digest)"), "size": .integer(blob.size), "what": .string(what)]
        ) { [self] in
            let progress = progress
            let result = try client.send(
                blob, file: images.content.path(of: blob.digest), to: reference.path, sources: sources(of: blob),
                what: "\(what) \(blob.digest.short)"
            ) { count in
                if let diffID {
                    try progress.tell("Pushing", layer: diffID, current: count, total: blob.size)
                } else {
                    try progress.checkWanted()
                }
            }
            var facts: Facts = ["sent": 0, "from": .null]
            switch result {
            case .present: if let diffID { try progress.tell("Layer already exists", layer: diffID) }
            case .mounted(let source):
                facts["from"] = .string(source)
                if let diffID { try progress.tell("Mounted from \(source)", layer: diffID) }
            case .sent(let count):
                facts["sent"] = .integer(count)
                if let diffID { try progress.tell("Pushed", layer: diffID) }
            }
            // Asked again afterwards: the registry itself says that it has it.
            let isThere = try client.has(blob.digest, in: reference.path)
            return StepOutcome(
                facts: facts,
                evidence: [
                    Evidence(
                        source: "http HEAD /v2/\(reference.path)/blobs/\(blob.digest.short)",
                        text: isThere ? "200 OK" : "404 Not Found")
                ])
        }
    }

    /// Repositories of the same registry that an image here was pulled from or pushed to, and that have the blob.
    private func sources(of blob: BlobDescriptor) -> [String] {
        var paths: Set<String> = []
        for image in images.images() where image.contents.layers.contains(where: { $0.digest == blob.digest }) {
            for name in image.references where name.digest != nil && name.domain == reference.domain {
                paths.insert(name.path)
            }
        }
        return paths.subtracting([reference.path]).sorted()
    }

    private var manifest: Step {
        Step(
            .manifestPush, command: "PUT /v2/\(reference.path)/manifests/\(tag)",
            facts: ["reference": .string(reference.familiar), "registry": .string(client.name)]
        ) { [self] in
            let bytes = try images.content.read(image.manifest.digest)
            let contents = try Manifest(parsing: bytes, what: "manifest of \(reference.familiar)")
            let type = contents.mediaType.isEmpty ? image.manifest.mediaType : contents.mediaType
            let document = ManifestDocument(mediaType: type, bytes: bytes, digest: image.manifest.digest)
            try client.put(document, as: tag, in: reference.path)
            let there = try client.manifest(reference.path, tag)
            try images.tag(image.id, as: reference.digested(document.digest))
            return StepOutcome(
                facts: ["digest": .string("\(document.digest)"), "size": .integer(Int64(bytes.count))],
                evidence: [
                    Evidence(
                        source: "http GET /v2/\(reference.path)/manifests/\(tag)",
                        .bytes(there.bytes.count, there.digest))
                ])
        }
    }

    /// What a client is told at the end.
    func tellEnd() throws {
        let manifest = image.manifest
        try progress.tell("\(tag): digest: \(manifest.digest) size: \(manifest.size)")
        try progress.tell(auxiliary: [
            "Tag": .string(tag), "Digest": .string("\(manifest.digest)"), "Size": .integer(manifest.size),
        ])
    }
}

extension Node {
    /// Pushes images to the registry that their name says (API: ImagePush).
    ///
    /// - Parameters:
    ///   - reference: The name; without a tag all tags of the repository are pushed.
    ///   - send: Takes the lines that a client shows.
    public func pushImage(
        _ reference: ImageReference, credentials: RegistryCredentials?, operation: String,
        isWanted: @escaping () -> Bool, send: @escaping (JSON) throws -> Void
    ) throws {
        guard reference.digest == nil else { throw EngineFailure.invalid("cannot push a digest reference") }
        let progress = TransferProgress(isWanted: isWanted, send: send)
        try progress.tell("The push refers to repository [\(reference.name)]")
        let wanted = try pushed(reference)
        let client = try target(of: reference.domain, credentials: credentials)
        for (name, image) in wanted {
            let push = ImagePush(name, of: image, to: client, node: self, progress: progress)
            var failure: (any Error)?
            do throws(OCIError) {
                try images.keepingContent { () throws(OCIError) in
                    do { try run(push.procedure, operation: operation) } catch {
                        failure = error
                        throw .cancelled
                    }
                }
            } catch { throw EngineFailure(wrapping: failure ?? error, doing: "pushing image \(name.familiar)") }
            try push.tellEnd()
            var attributes = image.config.config.labels ?? [:]
            attributes["name"] = name.familiarName
            events.publish("image", "push", name.familiar, attributes)
        }
    }

    /// Where a push goes. Names of Docker Hub go there only for a user who logged in to it; the lab's own registry takes
    /// them otherwise, so that a push can be learned without an account.
    private func target(of domain: String, credentials: RegistryCredentials?) throws -> RegistryClient {
        if domain == ImageReference.defaultDomain, credentials == nil, let lab = registries.lab { return lab }
        return try registries.client(for: domain, credentials: credentials)
    }

    /// What a push would do. Parameters as for ``pushImage(_:credentials:operation:isWanted:send:)``; no registry is
    /// asked.
    public func planPush(_ reference: ImageReference, credentials: RegistryCredentials?) throws -> [StepRecord] {
        let client = try target(of: reference.domain, credentials: credentials)
        return try pushed(reference).flatMap { name, image in
            let push = ImagePush(
                name, of: image, to: client, node: self,
                progress: TransferProgress(isWanted: { true }, send: { _ in }))
            return plan(push.procedure)
        }
    }

    /// The images that a push sends, by the names under which it does.
    private func pushed(_ reference: ImageReference) throws -> [(name: ImageReference, image: Image)] {
        guard reference.digest == nil else { throw EngineFailure.invalid("cannot push a digest reference") }
        let names =
            reference.tag == nil
            ? images.images().flatMap(\.references).filter { $0.name == reference.name && $0.digest == nil }.sorted()
            : [reference]
        let missing = EngineFailure.notFound(
            "An image does not exist locally with the tag: \(reference.familiarName)")
        guard !names.isEmpty else { throw missing }
        return try names.map { name in
            guard let image = images.image(named: name) else { throw missing }
            return (name, image)
        }
    }
}
