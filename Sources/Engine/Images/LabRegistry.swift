import OCI
import OrderedJSON
import Posix
import Registry

/// The lab's own registry, and what is asked of registries without pulling or pushing.
extension Node {
    /// Puts the lab's images into its registry: those that a machine without internet can have.
    public func stockRegistry() throws {
        guard let store = configuration.labRegistry else { return }
        do throws(OCIError) {
            for image in images.images() where image.isMadeHere {
                let names = image.references.filter { name in
                    name.digest == nil && name.domain == ImageReference.defaultDomain
                        && store.tags(name.path)?.contains(name.tag ?? ImageReference.defaultTag) != true
                }
                if !names.isEmpty { try store.add(image, from: images, as: names) }
            }
        } catch {
            guard error.isLackOfRoom else {
                throw EngineFailure(wrapping: error, doing: "filling the lab's registry")
            }
            notes.withLock { $0.append("not all of the lab's images could be put into its registry: \(error)") }
        }
    }

    /// What the lab's registry has, each repository once, as a learner would name it.
    func labImages() -> [String] {
        (configuration.labRegistry?.repositories() ?? []).map(Self.familiarName)
    }

    /// A path of the lab's registry as a name of Docker Hub.
    private static func familiarName(_ path: String) -> String {
        let official = "library/"
        return path.hasPrefix(official) ? String(path.dropFirst(official.count)) : path
    }

    /// All tags of the lab's registry.
    public func labEntries() throws -> JSON {
        guard let store = configuration.labRegistry else { throw EngineFailure.notFound("this engine has no registry") }
        do throws(OCIError) {
            return .array(
                try store.entries().map { entry in
                    [
                        "Repository": .string(entry.repository),
                        "Name": .string(Self.familiarName(entry.repository)), "Tag": .string(entry.tag),
                        "Digest": .string("\(entry.digest)"), "Size": .integer(entry.size),
                        "Description": .string(entry.summary),
                    ]
                })
        } catch { throw EngineFailure(wrapping: error, doing: "listing the lab's registry") }
    }

    /// Takes a tag out of the lab's registry.
    public func removeFromRegistry(_ tag: String, repository: String) throws {
        guard let store = configuration.labRegistry else { throw EngineFailure.notFound("this engine has no registry") }
        let isGone: Bool
        do throws(OCIError) { isGone = try store.remove(tag, from: repository) } catch {
            throw EngineFailure(wrapping: error, doing: "removing \(repository):\(tag) from the lab's registry")
        }
        guard isGone else { throw EngineFailure.notFound("the lab's registry has no \(repository):\(tag)") }
    }

    /// Puts the images of an archive into the lab's registry.
    /// - Returns: Their names.
    public func addToRegistry(_ source: any ByteSource) throws -> [String] {
        guard let store = configuration.labRegistry else { throw EngineFailure.notFound("this engine has no registry") }
        do throws(OCIError) { return try store.add(source).map(Self.familiarName) } catch {
            throw EngineFailure(wrapping: error, doing: "adding images to the lab's registry")
        }
    }

    /// Looks for images by a part of their name: in the lab's registry, and on Docker Hub where it can be reached
    /// (API: ImageSearch).
    public func searchImages(_ term: String, limit: Int, filters: [String: [String]]) throws -> JSON {
        let known: Set<String> = ["is-automated", "is-official", "stars"]
        for name in filters.keys where !known.contains(name) { throw EngineFailure.invalid("invalid filter '\(name)'") }
        guard (1...100).contains(limit) else {
            throw EngineFailure.invalid("limit \(limit) is outside the range of [1, 100]")
        }
        let filter = try SearchFilter(filters)
        var results: [JSON] = []
        var seen: Set<String> = []
        func add(_ found: [JSON]) {
            for result in found where filter.accepts(result) {
                if let name = result["name"]?.string, seen.insert(name).inserted { results.append(result) }
            }
        }
        let wanted = term.lowercased()
        if let store = configuration.labRegistry {
            do throws(OCIError) {
                add(
                    try store.entries().filter { $0.repository.contains(wanted) }.map { entry in
                        [
                            "name": .string(Self.familiarName(entry.repository)), "star_count": 0,
                            "is_official": .bool(entry.repository.hasPrefix("library/")), "is_automated": false,
                            "description": .string(
                                entry.summary.isEmpty ? "in the lab's registry" : entry.summary),
                        ]
                    })
            } catch { throw EngineFailure(wrapping: error, doing: "searching the lab's registry") }
        }
        do { add(try registries.searchHub(term, limit: limit)) } catch let failure as RegistryFailure {
            switch failure {
            // Where Docker Hub is out of reach, what the lab has is all there is.
            case .forbidden, .unreachable, .tls: break
            default: throw EngineFailure(wrapping: failure, doing: "searching Docker Hub")
            }
        }
        return .array(Array(results.prefix(limit)))
    }

    /// Checks a login (API: SystemAuth).
    public func checkLogin(_ credentials: RegistryCredentials, server: String) throws {
        let domain = ["", "https://index.docker.io/v1/"].contains(server) ? ImageReference.defaultDomain : server
        do { try registries.client(for: domain, credentials: credentials).logIn() } catch let failure as RegistryFailure
        {
            let name =
                domain == ImageReference.defaultDomain ? "https://registry-1.docker.io/v2/" : "https://\(domain)/v2/"
            guard case .unauthorized(_, _, let reason) = failure else {
                throw EngineFailure(wrapping: failure, doing: "logging in")
            }
            throw EngineFailure(
                status: 401, "login attempt to \(name) failed with status: 401 Unauthorized: \(reason)")
        }
    }

    /// A name as a registry knows it, without pulling anything.
    private func lookUp(
        _ reference: ImageReference, credentials: RegistryCredentials?
    ) throws -> (client: RegistryClient, document: ManifestDocument) {
        let name = reference.digest.map { "\($0)" } ?? reference.tag ?? ImageReference.defaultTag
        var failures: [RegistryFailure] = []
        for client in try registries.sources(for: reference.domain, credentials: credentials) {
            do { return (client, try client.manifest(reference.path, name)) } catch let failure as RegistryFailure {
                failures.append(failure)
            }
        }
        throw missing(reference, failures)
    }

    /// What a registry has under a name, and for which platforms (API: DistributionInspect).
    public func inspectDistribution(_ reference: ImageReference, credentials: RegistryCredentials?) throws -> JSON {
        let (client, document) = try lookUp(reference.taggedByDefault, credentials: credentials)
        var platforms: [JSON] = []
        if MediaType.isIndex(document.mediaType) {
            platforms = try ImageIndex(parsing: document.bytes).manifests.compactMap { $0.platform?.json }
        } else {
            let manifest = try Manifest(parsing: document.bytes)
            let bytes = try client.blob(
                manifest.config, of: reference.path, what: "configuration of \(reference.familiar)")
            platforms = [try ImageConfig(parsing: bytes, what: "configuration").platform.json]
        }
        return [
            "Descriptor": [
                "mediaType": .string(document.mediaType), "digest": .string("\(document.digest)"),
                "size": .integer(Int64(document.bytes.count)),
            ], "Platforms": .array(platforms),
        ]
    }

    /// The manifests behind a name, whole: what `docker manifest inspect` shows.
    public func inspectManifests(_ reference: ImageReference, credentials: RegistryCredentials?) throws -> JSON {
        let reference = reference.taggedByDefault
        let (client, document) = try lookUp(reference, credentials: credentials)
        func image(_ document: ManifestDocument, _ platform: Platform?, _ name: ImageReference) throws -> JSON {
            var descriptor = document.descriptor
            descriptor.platform = platform
            return [
                "Reference": .string("\(name)"), "Descriptor": descriptor.json,
                "Raw": .string(Base64.encode(document.bytes)), "Manifest": try JSON(parsing: document.bytes),
            ]
        }
        var listed: [JSON] = []
        if MediaType.isIndex(document.mediaType) {
            for entry in try ImageIndex(parsing: document.bytes).manifests {
                let part = try client.manifest(reference.path, "\(entry.digest)")
                listed.append(try image(part, entry.platform, reference.digested(entry.digest)))
            }
        } else {
            let manifest = try Manifest(parsing: document.bytes)
            let bytes = try client.blob(
                manifest.config, of: reference.path, what: "configuration of \(reference.familiar)")
            listed = [
                try image(document, try ImageConfig(parsing: bytes, what: "configuration").platform, reference)
            ]
        }
        return ["Manifest": try JSON(parsing: document.bytes), "Images": .array(listed)]
    }
}

/// Docker's filters of a search.
private struct SearchFilter {
    private let isOfficial: Bool?
    private let isAutomated: Bool?
    private let stars: Int64

    init(_ filters: [String: [String]]) throws {
        func flag(_ name: String) throws -> Bool? {
            guard let text = filters[name]?.first else { return nil }
            switch text {
            case "true", "1": return true
            case "false", "0": return false
            default: throw EngineFailure.invalid("invalid filter '\(name)=[\(text)]'")
            }
        }
        isOfficial = try flag("is-official")
        isAutomated = try flag("is-automated")
        var most: Int64 = 0
        for text in filters["stars"] ?? [] {
            guard let number = Int64(text) else { throw EngineFailure.invalid("invalid filter 'stars=[\(text)]'") }
            most = max(most, number)
        }
        stars = most
    }

    func accepts(_ result: JSON) -> Bool {
        if let isOfficial, result["is_official"]?.bool != isOfficial { return false }
        if let isAutomated, (result["is_automated"]?.bool ?? false) != isAutomated { return false }
        return (result["star_count"]?.integer ?? 0) >= stars
    }
}

extension Image {
    /// Whether it is one of the lab's own: all of its history was made by Drydock itself.
    var isMadeHere: Bool { !config.history.isEmpty && config.history.allSatisfy { $0.comment == "made by Drydock" } }
}
