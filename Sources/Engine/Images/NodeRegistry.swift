import EngineAPI
import Glibc
import OCI
import OrderedJSON
import Posix
import Registry
import Steps

extension Node {
    /// Pulls an image from a registry (API: ImageCreate with `fromImage`).
    ///
    /// - Parameters:
    ///   - isWanted: Whether the client still waits; a pull that nobody waits for ends, and leaves nothing.
    ///   - send: Takes the lines that a client shows.
    public func pullImage(
        _ request: PullRequest, operation: String, isWanted: @escaping () -> Bool,
        send: @escaping (JSON) throws -> Void
    ) throws {
        let progress = TransferProgress(isWanted: isWanted, send: send)
        let reference = request.reference
        let pull = try perform(request, progress: progress, operation: operation)
        if let digest = pull.digest { try progress.tell("Digest: \(digest)") }
        let isNew = try pull.isNew.value()
        try progress.tell(
            "Status: " + (isNew ? "Downloaded newer image for " : "Image is up to date for ") + reference.familiar)
        if let image = images.image(named: reference) {
            var attributes = image.config.config.labels ?? [:]
            attributes["name"] = reference.familiarName
            events.publish("image", "pull", reference.familiar, attributes)
        }
    }

    private func perform(_ request: PullRequest, progress: TransferProgress, operation: String) throws -> ImagePull {
        let sources = try registries.sources(for: request.reference.domain, credentials: request.credentials)
        var failure: (any Error)?
        do throws(OCIError) {
            // Nothing that arrives is collected meanwhile; what no image has in the end is.
            return try images.makingImage { (owner) throws(OCIError) in
                let pull = ImagePull(request, node: self, sources: sources, progress: progress, owner: owner)
                defer { pull.stop() }
                do { try run(pull.procedure, operation: operation) } catch {
                    failure = error
                    throw .cancelled
                }
                return pull
            }
        } catch {
            throw EngineFailure(wrapping: failure ?? error, doing: "pulling image \(request.reference.familiar)")
        }
    }

    /// What a pull would do. The registry is asked for the manifest, which says how many layers there are; nothing is
    /// kept of it.
    ///
    /// - Throws: ``EngineFailure`` where the pull itself would find nothing.
    public func planPull(_ request: PullRequest) throws -> [StepRecord] {
        let sources = try registries.sources(for: request.reference.domain, credentials: request.credentials)
        let pull = ImagePull(
            request, node: self, sources: sources,
            progress: TransferProgress(isWanted: { true }, send: { _ in }), owner: "")
        do { return plan(try pull.plannedProcedure()) } catch {
            throw EngineFailure(wrapping: error, doing: "pulling image \(request.reference.familiar)")
        }
    }

    /// All tags of a repository, for a pull of all (`docker pull -a`).
    public func remoteTags(_ reference: ImageReference, credentials: RegistryCredentials?) throws -> [String] {
        var failures: [RegistryFailure] = []
        for client in try registries.sources(for: reference.domain, credentials: credentials) {
            do { return try client.tags(reference.path) } catch let failure as RegistryFailure {
                failures.append(failure)
            }
        }
        throw missing(reference, failures)
    }

    /// The error for an image that none of the registries has.
    ///
    /// A registry's own words where there was one to ask; where the internet is missing, what the lab has, and how more
    /// comes in.
    func missing(_ reference: ImageReference, _ failures: [RegistryFailure]) -> EngineFailure {
        let isHub = reference.domain == ImageReference.defaultDomain
        guard let last = failures.last else { return .notFound("no registry for \(reference.familiar)") }
        let isOffline: Bool
        switch last {
        case .unreachable, .forbidden, .tls: isOffline = true
        default: isOffline = false
        }
        if isHub, isOffline {
            let names = labImages()
            let shown = names.isEmpty ? "nothing" : names.joined(separator: ", ")
            return EngineFailure(
                status: 404,
                "\(reference.familiar) is not in the lab's registry, and Docker Hub is out of reach. The lab has: \(shown). "
                    + "An instructor adds images with \"drydock registry add FILE\", made by \"docker save\".")
        }
        switch last {
        case .notFound:
            return EngineFailure(
                status: 404,
                "manifest for \(reference.familiar) not found: manifest unknown: \(last.reason)")
        case .unauthorized, .denied:
            return EngineFailure(
                status: 404,
                "pull access denied for \(reference.familiarName), repository does not exist or may require 'docker login': "
                    + "denied: \(last.reason)")
        default: return EngineFailure(wrapping: last, doing: "pulling image")
        }
    }

    /// Fetches an archive from an address, into a file without a name.
    public func fetchArchive(_ text: String) throws -> any ByteSource {
        let address = text.contains("://") ? text : "http://\(text)"
        guard let url = RegistryURL(address) else { throw EngineFailure.invalid("\(text) is no address of HTTP") }
        let path = "\(configuration.directory)/fetched-\(UInt64.random(in: 0 ... .max))"
        do {
            let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            unlink(path)
            _ = try registries.fetchFile(url, into: file) { _, _ in }
            try check("rewinding \(path)") { lseek(file.number, 0, SEEK_SET) }
            return DescriptorSource(file)
        } catch { throw EngineFailure(wrapping: error, doing: "downloading \(text)") }
    }

    /// Tells the events of images that were saved to an archive.
    public func publishSave(_ names: [String]) {
        for name in names {
            guard let image = try? images.image(named: name) else { continue }
            events.publish("image", "save", "\(image.id)", ["name": "\(image.id)"])
        }
    }
}
