public import EngineAPI
import Glibc
import OCI
import OrderedJSON
import Posix
import Steps

/// What changes of images and files would do, for `explain`.
extension Node {
    /// A step that is described and never performed: what it would find out only by being done is not known.
    func described(_ kind: StepKind, _ command: String, _ facts: Facts) -> Step {
        Step(kind, command: command, facts: facts) {
            throw EngineFailure.system("a planned step is not performed")
        }
    }

    /// The plan of ``tagImage(_:repository:tag:operation:)``.
    public func planTag(_ source: String, repository: String, tag: String) throws -> [StepRecord] {
        let target = try Self.tagTarget(repository, tag)
        let image = try find(source)
        return plan(Procedure(title: "tag image", object: target, steps: [tagStep(source, image.id, as: target)]))
    }

    /// The plan of ``removeImage(_:force:prune:operation:)``.
    ///
    /// - Parameter gone: Images that the same command will have removed by then.
    public func planImageRemoval(
        _ reference: String, force: Bool, prune: Bool, gone: Set<String> = []
    ) throws -> [StepRecord] {
        var planned = images.plannedRemovals(users: imageUsers)
        do throws(OCIError) {
            for id in gone.compactMap({ try? Digest($0) }) where planned.has(id) {
                _ = try planned.remove("\(id)", force: true, prunesParents: false)
            }
            let image = try planned.resolve(reference)
            let records = try planned.remove(reference, force: force, prunesParents: prune)
            return planImageRemoval(reference, image, records, leaving: planned.images, without: [])
        } catch { throw EngineFailure(wrapping: error, doing: "removing image") }
    }

    /// The steps of a removal that was thought through.
    ///
    /// - Parameters:
    ///   - remaining: The images that are left after it.
    ///   - gone: The containers that will have gone by then.
    func planImageRemoval(
        _ reference: String, _ image: Digest, _ records: [RemovalRecord], leaving remaining: Set<Digest>,
        without gone: Set<String>
    ) -> [StepRecord] {
        let deleted = records.compactMap { if case .deleted(let id) = $0 { id } else { Digest?.none } }
        let users = containers.current.byID.values.filter { !gone.contains($0.id) }
        let kept = Set(
            remaining.compactMap { images.image($0) }.flatMap { $0.layers.map(\.path) }
                + users.flatMap { $0.life.current.definition.layers })
        let layers = Set(deleted.compactMap { images.image($0) }.flatMap { $0.layers.map(\.path) }).subtracting(kept)
        let untag = described(
            .imageUntag, "untag \(reference)",
            ["reference": .string(reference), "image": .string("\(image)")])
        let deletions = deleted.map { id in
            described(
                .imageDelete, "delete \(id)",
                ["image": .string("\(id)"), "layers": .integer(Int64(layers.count))])
        }
        return plan(Procedure(title: "remove image", object: reference, steps: [untag] + deletions))
    }

    /// The plan of `putArchive`: the archive itself is not looked at.
    public func planPut(_ reference: String, path: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        let directory = BindMount.clean(path)
        let step = described(
            .filesPut, "tar -x -C \(directory)",
            [
                "container": .string(container.name), "directory": .string(directory),
                "upper": .string(container.upper),
            ])
        return plan(Procedure(title: "copy into container", object: container.name, steps: [step]))
    }

    /// The plan of `commitContainer`.
    public func planCommit(_ reference: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        let step = described(
            .imageCommit, "tar -c -C \(container.upper) .",
            ["container": .string(container.name), "upper": .string(container.upper)])
        return plan(Procedure(title: "commit container", object: container.name, steps: [step]))
    }

    /// The plan of `buildImage`: for each instruction of the Dockerfile in the context that is sent whether the cache has
    /// it, and else what is done for it; and the names.
    ///
    /// What an instruction would leave behind is not known before it is carried out. Where the next one depends on it,
    /// its words alone are told.
    public func planBuild(_ request: BuildRequest, context pull: @escaping () throws -> [UInt8]) throws -> [StepRecord]
    {
        let place = "\(configuration.directory)/build"
        let directory = "\(place)/\(startedAt)-\(UInt32.random(in: 0 ... .max))"
        let wasThere = Files.exists(place)
        try Files.makeDirectories(directory, mode: 0o700)
        defer {
            try? Files.removeTree(directory)
            // It stays where another build has come meanwhile.
            if !wasThere { _ = rmdir(place) }
        }
        do {
            let names = try request.tags.filter { !$0.isEmpty }.map { tag throws(OCIError) in
                try ImageReference(tag).taggedByDefault.familiar
            }
            let sent = try SentContext(
                unpacking: pull, into: "\(directory)/context", dockerfile: request.dockerfile, limit: unpackLimit)
            let planned = BuildPlan(self)
            let build = try ImageBuild(
                node: self, request: request, operation: "plan", context: sent, directory: directory,
                isWanted: { true }, planned: planned, send: { _ in })
            try build.carryOut()
            for name in names {
                let step = described(.imageTag, "tag IMAGE \(name)", ["reference": .string(name)])
                planned.add(Procedure(title: "tag image", object: name, steps: [step]))
            }
            return planned.steps
        } catch { throw EngineFailure(wrapping: error, doing: "building image") }
    }
}
