import EngineAPI
import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Makes the embedded images that are missing: the lab needs no internet. A disk without room for them is noted.
    public func installEmbeddedImages() throws {
        do throws(OCIError) { _ = try EmbeddedImages.install(into: images) } catch {
            guard error.isLackOfRoom else { throw EngineFailure(wrapping: error, doing: "making the lab's images") }
            notes.withLock { $0.append("not all of the lab's images could be made: \(error)") }
        }
    }

    /// Images, newest first (API: ImageList).
    ///
    /// - Parameters:
    ///   - all: Whether images that only others were built from are listed, too.
    ///   - filters: Docker's filters by name.
    public func listImages(all: Bool, filters: [String: [String]], digests: Bool) throws -> JSON {
        let known: Set<String> = ["dangling", "label", "before", "since", "reference", "until"]
        for name in filters.keys where !known.contains(name) { throw EngineFailure.invalid("Invalid filter '\(name)'") }
        let filter = try ImageFilter(filters, node: self)
        let shown = images.images().filter { image in
            let isIntermediate = image.references.isEmpty && !images.children(of: image.id).isEmpty
            return (all || !isIntermediate) && filter.accepts(image)
        }
        let users = containers.current.byID.values.map { $0.life.current.definition.image }
        return .array(
            shown.map { image in
                let labels = image.config.config.labels
                // Asked for by reference, an image shows only the names that were meant.
                let names = filter.names(of: image)
                let tags = names.filter { $0.digest == nil }.map(\.familiar)
                let digests = names.filter { $0.digest != nil }.map(\.familiar)
                return [
                    "Containers": all ? .integer(Int64(users.filter { $0 == "\(image.id)" }.count)) : -1,
                    "Created": .integer(image.config.created?.seconds ?? 0), "Id": .string("\(image.id)"),
                    "Labels": labels.map {
                        .object(JSONObject($0.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
                    } ?? .null,
                    "ParentId": .string(image.parent.map { "\($0)" } ?? ""),
                    "RepoDigests": digests.isEmpty && tags.isEmpty ? ["<none>@<none>"] : .strings(digests),
                    "RepoTags": tags.isEmpty ? ["<none>:<none>"] : .strings(tags), "SharedSize": -1,
                    "Size": .integer(image.size), "VirtualSize": .integer(image.size),
                ]
            })
    }

    /// Everything about an image, as `docker image inspect` shows it (API: ImageInspect).
    public func inspectImage(_ reference: String) throws -> JSON {
        let image: Image
        do { image = try images.image(named: reference) } catch {
            throw EngineFailure(status: error.category.httpStatus, "no such image: \(reference): \(error)")
        }
        let config = image.config
        let settings = try imageConfig(config.config)
        let empty = try imageConfig(ContainerSettings())
        return [
            "Id": .string("\(image.id)"), "RepoTags": .strings(image.repoTags),
            "RepoDigests": .strings(image.repoDigests),
            "Parent": .string(image.parent.map { "\($0)" } ?? ""), "Comment": .string(config.comment),
            "Created": .string(config.created?.description ?? "0001-01-01T00:00:00Z"),
            "Container": .string(config.container),
            "ContainerConfig": try config.containerConfig.map(imageConfig) ?? empty,
            "DockerVersion": .string(config.dockerVersion), "Author": .string(config.author), "Config": settings,
            "Architecture": .string(config.architecture), "Os": .string(config.os), "Size": .integer(image.size),
            "VirtualSize": .integer(image.size),
            "GraphDriver": ["Data": graph(image), "Name": "overlay2"],
            "RootFS": ["Type": "layers", "Layers": .strings(config.diffIDs.map { "\($0)" })],
            "Metadata": ["LastTagTime": .string(image.lastTagged?.description ?? "0001-01-01T00:00:00Z")],
        ]
    }

    private func imageConfig(_ settings: ContainerSettings) throws -> JSON {
        let given = settings.json
        var object = try Shape.containerConfig.fit(given)
        object["Labels"] = given["Labels"] ?? .null
        for (name, value) in try Shape.optionalContainerConfig.fit(given) where !value.isNull { object[name] = value }
        let order = [
            "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty",
            "OpenStdin", "StdinOnce", "Env", "Cmd", "Healthcheck", "ArgsEscaped", "Image", "Volumes", "WorkingDir",
            "Entrypoint", "OnBuild", "Labels", "StopSignal", "StopTimeout", "Shell",
        ]
        return .object(JSONObject(order.compactMap { name in object[name].map { (name, $0) } }))
    }

    private func graph(_ image: Image) -> JSON {
        let paths = image.layers.reversed().map(\.path)
        var data: JSONObject = [:]
        if paths.count > 1 { data["LowerDir"] = .string(paths.dropFirst().joined(separator: ":")) }
        data["MergedDir"] = .string(paths.first.map { $0 + "/../merged" } ?? "")
        data["UpperDir"] = .string(paths.first ?? "")
        data["WorkDir"] = .string(paths.first.map { $0 + "/../work" } ?? "")
        return .object(data)
    }

    /// What an image was made by, newest first (API: ImageHistory).
    public func imageHistory(_ reference: String) throws -> JSON {
        let image = try find(reference)
        return .array(
            images.history(of: image).map { line in
                [
                    "Comment": .string(line.comment), "Created": .integer(line.created?.seconds ?? 0),
                    "CreatedBy": .string(line.createdBy), "Id": .string(line.id.map { "\($0)" } ?? "<missing>"),
                    "Size": .integer(line.size), "Tags": line.tags.isEmpty ? .null : .strings(line.tags),
                ]
            })
    }

    func find(_ reference: String) throws -> Image {
        do { return try images.image(named: reference) } catch {
            throw EngineFailure(wrapping: error, doing: "looking up image")
        }
    }

    /// The name that a repository and a tag, which may be empty, stand for.
    ///
    /// - Throws: ``EngineFailure`` 400 for a name or a tag that can't be one.
    static func tagTarget(_ repository: String, _ tag: String) throws -> String {
        do throws(OCIError) {
            let name = try ImageReference(repository)
            guard !tag.isEmpty else { return repository }
            guard name.digest == nil else { return "\(repository):\(tag)" }
            return try name.tagged(tag).familiar
        } catch { throw EngineFailure(wrapping: error, doing: "tagging image") }
    }

    /// Gives an image a name (API: ImageTag).
    public func tagImage(_ source: String, repository: String, tag: String, operation: String) throws {
        let target = try Self.tagTarget(repository, tag)
        let image = try find(source)
        let step = tagStep(source, image.id, as: target)
        do { try run(Procedure(title: "tag image", object: target, steps: [step]), operation: operation) } catch {
            throw EngineFailure(wrapping: error, doing: "tagging image")
        }
        let name = (try? ImageReference(target))?.taggedByDefault.familiar ?? target
        events.publish("image", "tag", "\(image.id)", ["name": name])
    }

    /// The step that gives an image another name.
    func tagStep(_ source: String, _ image: Digest, as target: String) -> Step {
        let images = images
        return Step(
            .imageTag, command: "tag \(source) \(target)",
            facts: ["reference": .string(target), "image": .string("\(image)")]
        ) {
            try images.tag(source, as: target)
            let now = try images.image(named: target)
            return StepOutcome(evidence: [
                Evidence(source: "\(images.content.path)/index.json", text: "\(target) \(now.id)")
            ])
        }
    }

    /// The containers, as users of images.
    var imageUsers: [ImageUser] {
        containers.current.byID.values.compactMap { container -> ImageUser? in
            let life = container.life.current
            guard let image = try? Digest(life.definition.image) else { return nil }
            return ImageUser(container: container.id, image: image, isRunning: life.state.isRunning)
        }
    }

    /// Gives up an image that can't be used, and what is still here of it; `nil` if the text means no such image.
    private func forgetLeftOut(_ reference: String) throws -> JSON? {
        do throws(OCIError) {
            if (try? images.image(named: reference)) != nil { return nil }
            let given = try images.forgetLeftOut(reference)
            if given.isEmpty { return nil }
            return .array(given.map { ["Untagged": .string($0.shownName)] })
        } catch { throw EngineFailure(wrapping: error, doing: "removing image \(reference)") }
    }

    /// Removes a name, and with its last name an image (API: ImageDelete).
    /// - Returns: What was done, as the API lists it.
    public func removeImage(_ reference: String, force: Bool, prune: Bool, operation: String) throws -> JSON {
        if let given = try forgetLeftOut(reference) { return given }
        let users = imageUsers
        let done = Late<[RemovalRecord]>("the removal")
        let images = images
        let image = try find(reference)
        let step = Step(
            .imageUntag, command: "untag \(reference)",
            facts: ["reference": .string(reference), "image": .string("\(image.id)")]
        ) {
            let records = try images.remove(reference, force: force, prunesParents: prune, users: users)
            done.set(records)
            let still = images.image(image.id) != nil
            let deleted = records.compactMap { record -> Digest? in
                if case .deleted(let id) = record { id } else { nil }
            }
            let layers = records.filter { record in if case .deletedLayer = record { true } else { false } }.count
            let follow = deleted.map { id in
                Step(
                    .imageDelete, command: "delete \(id)",
                    facts: ["image": .string("\(id)"), "layers": .integer(Int64(layers))]
                ) {
                    StepOutcome(evidence: [
                        Evidence(
                            source: images.content.path, Finding(images.image(id) == nil ? .noImage : .stillThere)
                        )
                    ])
                }
            }
            return StepOutcome(
                evidence: [
                    Evidence(
                        source: "\(images.content.path)/index.json",
                        Finding(still ? .imageStays : .noImage))
                ], followUps: follow)
        }
        do { try run(Procedure(title: "remove image", object: reference, steps: [step]), operation: operation) } catch {
            throw EngineFailure(wrapping: error, doing: "removing image")
        }
        let records = try done.value()
        for record in records {
            switch record {
            case .untagged(_, let id): events.publish("image", "untag", "\(id)", ["name": "\(id)"])
            case .deleted(let id): events.publish("image", "delete", "\(id)", ["name": "\(id)"])
            case .deletedLayer: continue
            }
        }
        return .array(
            records.map { record in
                switch record {
                case .untagged(let name, _): ["Untagged": .string(name)]
                case .deleted(let id), .deletedLayer(let id): ["Deleted": .string("\(id)")]
                }
            })
    }
}

/// Docker's filters of images.
private struct ImageFilter {
    private let filters: [String: [String]]
    private let node: Node
    private let before: ImageTime?
    private let since: ImageTime?

    init(_ filters: [String: [String]], node: Node) throws {
        self.filters = filters
        self.node = node
        before = try filters["before"]?.first.map { try node.find($0).config.created ?? .zero }
        since = try filters["since"]?.first.map { try node.find($0).config.created ?? .zero }
        for value in filters["dangling"] ?? [] where !["true", "false", "1", "0"].contains(value) {
            throw EngineFailure.invalid("Invalid filter 'dangling=[\(value)]'")
        }
    }

    func accepts(_ image: Image) -> Bool {
        let created = image.config.created ?? .zero
        if let before, created >= before { return false }
        if let since, created <= since { return false }
        if let dangling = filters["dangling"]?.first {
            let isDangling = image.isUntagged && node.images.children(of: image.id).isEmpty
            if isDangling != (dangling == "true" || dangling == "1") { return false }
        }
        let labels = image.config.config.labels ?? [:]
        for label in filters["label"] ?? [] {
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2 ? labels[parts[0]] != parts[1] : labels[parts[0]] == nil { return false }
        }
        return filters["reference"] == nil || !names(of: image).isEmpty
    }

    /// The names of an image that the filter `reference` means: all without one.
    func names(of image: Image) -> [ImageReference] {
        guard let patterns = filters["reference"] else { return image.references }
        return image.references.filter { reference in
            patterns.contains {
                Wildcard.matches($0, reference.familiar) || Wildcard.matches($0, reference.familiarName)
            }
        }
    }
}
