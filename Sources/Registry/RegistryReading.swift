import Glibc
import HTTPMessages
public import OCI
import OrderedJSON
import Posix

/// A manifest or a list of manifests as a registry gave it.
public struct ManifestDocument: Sendable, Equatable {
    /// Its media type.
    public var mediaType: String
    /// Its exact bytes.
    public var bytes: [UInt8]
    /// The digest of the bytes.
    public var digest: Digest

    /// A document of its parts.
    public init(mediaType: String, bytes: [UInt8], digest: Digest) {
        self.mediaType = mediaType
        self.bytes = bytes
        self.digest = digest
    }

    /// Its descriptor.
    public var descriptor: BlobDescriptor {
        BlobDescriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }
}

/// What came of fetching a blob.
public struct ReceivedBlob: Sendable, Equatable {
    /// How many bytes came over the wire; 0 if somebody else had brought it meanwhile.
    public var bytes: Int64
    /// How many times a broken transfer was taken up again where it had ended.
    public var resumptions: Int

    /// A result.
    public init(bytes: Int64, resumptions: Int) {
        self.bytes = bytes
        self.resumptions = resumptions
    }
}

extension RegistryClient {
    /// Everything that is understood, best first.
    private static let acceptedTypes = [
        MediaType.ociIndex, MediaType.dockerManifestList, MediaType.ociManifest, MediaType.dockerManifest,
    ]
    /// More manifests than any image has platforms.
    private static let manifestLimit = 1000
    private static let attempts = 5

    /// The manifest, or the list of manifests, of a name.
    ///
    /// - Parameters:
    ///   - repository: The path in the registry: `library/busybox`.
    ///   - name: A tag or a digest.
    /// - Throws: ``RegistryFailure``; `OCIError.digestMismatch` for other bytes than were asked for.
    public func manifest(_ repository: String, _ name: String) throws -> ManifestDocument {
        let what = "manifest for \(self.name)/\(repository)\(name.contains(":") ? "@" : ":")\(name)"
        let answer = try call(
            "GET", "/v2/\(repository)/manifests/\(name)", repository: repository, actions: "pull", what: what,
            headers: Headers(Self.acceptedTypes.map { ("Accept", $0) }))
        try expect([200], answer, what)
        let bytes = try answer.readToEnd(limit: Self.documentLimit)
        let digest = Digest(of: bytes)
        // What was asked for by digest must have it; what was not must at least be what the registry says it is.
        for text in [name.contains(":") ? name : nil, answer.headers["Docker-Content-Digest"]].compactMap({ $0 }) {
            let expected = try Digest(text)
            guard expected == digest else {
                throw OCIError.digestMismatch(what: what, expected: expected, actual: digest)
            }
        }
        let document = try JSON(parsing: bytes)
        let type =
            document["mediaType"]?.string ?? (answer.headers["Content-Type"] ?? "").prefix { $0 != ";" }.description
        guard Self.acceptedTypes.contains(type) else {
            throw OCIError.unsupported("the media type \"\(type)\" of the \(what)")
        }
        if MediaType.isIndex(type), let count = document["manifests"]?.array?.count, count > Self.manifestLimit {
            throw OCIError.invalidDocument(
                what: what, problem: "it lists \(count) manifests; more than \(Self.manifestLimit) are not believed")
        }
        return ManifestDocument(mediaType: type, bytes: bytes, digest: digest)
    }

    /// The tags of a repository, in the registry's order.
    public func tags(_ repository: String) throws -> [String] {
        let what = "tags of \(name)/\(repository)"
        var path: String? = "/v2/\(repository)/tags/list"
        var tags: [String] = []
        while let next = path {
            let answer = try call("GET", next, repository: repository, actions: "pull", what: what)
            try expect([200], answer, what)
            let document = try JSON(parsing: try answer.readToEnd(limit: Self.documentLimit))
            let page = document["tags"]?.array?.compactMap(\.string) ?? []
            tags += page
            // `Link: </v2/…?last=…>; rel="next"` leads to the next page (RFC 8288).
            let link = answer.headers["Link"]?.split(separator: ">").first.map { $0.drop { $0 == "<" } }
            path = page.isEmpty ? nil : link.map { String($0) }
        }
        return tags
    }

    /// Fetches a small blob, such as a configuration, and checks it.
    public func blob(_ descriptor: BlobDescriptor, of repository: String, what: String) throws -> [UInt8] {
        guard descriptor.size <= Self.documentLimit else {
            throw OCIError.invalidDocument(what: what, problem: "\(descriptor.size) bytes are more than are believed")
        }
        let answer = try call(
            "GET", "/v2/\(repository)/blobs/\(descriptor.digest)", repository: repository, actions: "pull", what: what)
        try expect([200], answer, what)
        let bytes = try answer.readToEnd(limit: Self.documentLimit)
        guard Int64(bytes.count) == descriptor.size else {
            throw OCIError.sizeMismatch(what: what, expected: descriptor.size, actual: Int64(bytes.count))
        }
        let digest = Digest(of: bytes)
        guard digest == descriptor.digest else {
            throw OCIError.digestMismatch(what: what, expected: descriptor.digest, actual: digest)
        }
        return bytes
    }

    /// Fetches a blob into a store. It is hashed as it comes; a transfer that breaks off is taken up where it ended.
    ///
    /// - Parameters:
    ///   - descriptor: Its digest and size; more bytes than the size are not taken.
    ///   - what: What it is, for errors.
    ///   - progress: Called with the number of bytes that are here; what it throws ends the transfer.
    /// - Throws: ``RegistryFailure``; `OCIError.digestMismatch`, `OCIError.sizeMismatch`. Nothing is left then.
    public func fetch(
        _ descriptor: BlobDescriptor, of repository: String, into store: ContentStore, what: String,
        progress: (Int64) throws -> Void
    ) throws -> ReceivedBlob {
        let writer = try store.writer(what, expecting: descriptor.digest, size: descriptor.size)
        var resumptions = 0
        while true {
            let before = writer.count
            do {
                try fetch(descriptor, of: repository, into: writer, what: what, progress: progress)
                break
            } catch let failure as RegistryFailure {
                guard case .unreachable = failure, resumptions < Self.attempts, writer.count > 0 else { throw failure }
                // Only a transfer that gets on is worth another try without end in sight.
                resumptions += writer.count > before ? 1 : Self.attempts
            }
        }
        try progress(writer.count)
        try writer.commit()
        return ReceivedBlob(bytes: writer.count, resumptions: resumptions)
    }

    private func fetch(
        _ descriptor: BlobDescriptor, of repository: String, into writer: BlobWriter, what: String,
        progress: (Int64) throws -> Void
    ) throws {
        var headers: Headers = [:]
        if writer.count > 0 { headers["Range"] = "bytes=\(writer.count)-" }
        let answer = try call(
            "GET", "/v2/\(repository)/blobs/\(descriptor.digest)", repository: repository, actions: "pull", what: what,
            headers: headers)
        try expect([200, 206], answer, what)
        var skipped: Int64 = 0
        if answer.status == 206 {
            guard answer.headers["Content-Range"]?.hasPrefix("bytes \(writer.count)-") == true else {
                throw RegistryFailure.malformed(registry: name, what: "part of \(what)", problem: "it is another part")
            }
        } else {
            // A registry that does not know ranges begins anew: what is here already is let pass.
            skipped = writer.count
            if let length = answer.headers["Content-Length"].flatMap({ Int64($0) }), length != descriptor.size {
                throw OCIError.sizeMismatch(what: what, expected: descriptor.size, actual: length)
            }
        }
        do {
            while let bytes = try answer.read() {
                let dropped = Int(min(skipped, Int64(bytes.count)))
                skipped -= Int64(dropped)
                if dropped < bytes.count { try writer.write(Array(bytes[dropped...])) }
                try progress(writer.count)
            }
        } catch let failure as HTTPFailure {
            throw RegistryFailure.unreachable(registry: name, reason: failure.description)
        }
        guard writer.count >= descriptor.size else {
            throw RegistryFailure.unreachable(
                registry: name, reason: "\(what) ended after \(writer.count) of \(descriptor.size) bytes")
        }
    }
}
