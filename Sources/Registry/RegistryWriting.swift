import Glibc
import HTTPMessages
public import OCI
import Posix

/// How a blob came to be in a registry.
public enum SentBlob: Sendable, Equatable {
    /// It was there already.
    case present
    /// The registry took it from another repository of its own.
    case mounted(from: String)
    /// It was sent.
    case sent(bytes: Int64)
}

extension RegistryClient {
    /// Whether a repository has a blob.
    public func has(_ digest: Digest, in repository: String) throws -> Bool {
        let what = "blob \(digest.short) of \(name)/\(repository)"
        let answer = try call(
            "HEAD", "/v2/\(repository)/blobs/\(digest)", repository: repository, actions: "pull,push", what: what)
        answer.discard()
        switch answer.status {
        case 200: return true
        case 404: return false
        default: throw refusal(answer.status, [], what)
        }
    }

    /// Brings a blob into a repository, in the cheapest way there is: not at all, by a mount, by sending it.
    ///
    /// - Parameters:
    ///   - file: Where its bytes are.
    ///   - sources: Other repositories of the same registry that may have it.
    ///   - what: What it is, for errors.
    ///   - progress: Called with the number of bytes that were sent; what it throws ends the transfer.
    public func send(
        _ descriptor: BlobDescriptor, file: String, to repository: String, sources: [String] = [], what: String,
        progress: @escaping @Sendable (Int64) throws -> Void
    ) throws -> SentBlob {
        if try has(descriptor.digest, in: repository) { return .present }
        let uploads = "/v2/\(repository)/blobs/uploads/"
        var begin: HTTPAnswer?
        for source in sources.prefix(3) where source != repository {
            let query = Query([("mount", descriptor.digest.description), ("from", source)]).encoded
            let answer = try call(
                "POST", "\(uploads)?\(query)", repository: repository, actions: "pull,push", others: [source],
                what: what)
            try expect([201, 202], answer, what)
            answer.discard()
            if answer.status == 201 { return .mounted(from: source) }
            begin = answer
            break
        }
        if begin == nil {
            let answer = try call("POST", uploads, repository: repository, actions: "pull,push", what: what)
            try expect([202], answer, what)
            answer.discard()
            begin = answer
        }
        guard let begin, var place = begin.headers["Location"].flatMap({ begin.url.resolved($0) }) else {
            throw RegistryFailure.malformed(registry: name, what: "place for \(what)", problem: "no Location")
        }
        let patch = try call(
            "PATCH", place.description, repository: repository, actions: "pull,push", what: what,
            headers: ["Content-Range": "0-\(max(0, descriptor.size - 1))"],
            body: .file(path: file, offset: 0, length: descriptor.size, sent: progress))
        try expect([202], patch, what)
        patch.discard()
        guard let next = patch.headers["Location"].flatMap({ patch.url.resolved($0) }) else {
            throw RegistryFailure.malformed(registry: name, what: "place for \(what)", problem: "no Location")
        }
        place = next.adding("digest", PercentEncoding.queryComponent(descriptor.digest.description))
        let end = try call(
            "PUT", place.description, repository: repository, actions: "pull,push", what: what)
        try expect([201, 204], end, what)
        end.discard()
        return .sent(bytes: descriptor.size)
    }

    /// Gives a manifest to a repository, under a tag or under its digest.
    public func put(_ manifest: ManifestDocument, as name: String, in repository: String) throws {
        let what = "manifest \(self.name)/\(repository):\(name)"
        let answer = try call(
            "PUT", "/v2/\(repository)/manifests/\(name)", repository: repository, actions: "pull,push", what: what,
            body: .bytes(manifest.bytes, type: manifest.mediaType))
        try expect([201, 202], answer, what)
        answer.discard()
        if let text = answer.headers["Docker-Content-Digest"] {
            let digest = try Digest(text)
            guard digest == manifest.digest else {
                throw OCIError.digestMismatch(what: what, expected: manifest.digest, actual: digest)
            }
        }
    }
}
