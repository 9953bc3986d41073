import Archives
import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Container.Definition {
    /// All that the container sees at places of its tree and that is not of its image.
    var mountPoints: [MountPoint] { mounts ?? [] }
}

extension Node {
    /// The mount points that settings ask for, in Docker's order of precedence: those of other containers, `-v`,
    /// `--mount`, and the volumes that the image or the client declares for places that have none.
    func mountPoints(config: JSONObject, host: JSONObject) throws -> [MountPoint] {
        var inherited: [MountPoint] = []
        for text in host.strings("VolumesFrom") { inherited += try mountPoints(from: text) }
        for (target, options) in host.map("Tmpfs") {
            guard target.hasPrefix("/") else {
                throw EngineFailure.invalid("invalid mount path: '\(target)' mount path must be absolute")
            }
            if let wrong = TmpfsOptions.unknown(in: options) {
                throw EngineFailure.invalid("invalid tmpfs option [\"\(wrong)\"]")
            }
        }
        let memory = Set(host.map("Tmpfs").map { BindMount.clean($0.name) })
        var own: [MountPoint] = []
        func add(_ point: MountPoint) throws {
            guard !memory.contains(point.target), !own.contains(where: { $0.target == point.target }) else {
                throw EngineFailure.invalid("Duplicate mount point: \(point.target)")
            }
            var point = point
            // What holds the engine's own directory is a slave, so that the engine's mounts are not held by it.
            if point.kind == .bind, point.propagation == "rprivate", !point.mode.contains("private"),
                point.source == "/" || configuration.directory.hasPrefix(point.source + "/")
            {
                point.propagation = "rslave"
            }
            own.append(point)
        }
        for text in host.strings("Binds") {
            let point: MountPoint
            // To Docker's daemon a text that can't be read is an error of its own, unlike a bad name.
            do { point = try MountPoint(bind: text) } catch let failure as EngineFailure {
                throw EngineFailure.system(failure.message)
            }
            if point.kind == .volume, !point.isAnonymous { try VolumeStore.checkName(point.volume) }
            try add(point)
        }
        for object in host["Mounts"]?.array?.compactMap(\.object) ?? [] {
            let point = try MountPoint(mount: object)
            if point.kind == .bind, !point.makesSource, !Files.exists(point.source) {
                throw EngineFailure.invalid(
                    "invalid mount config for type \"bind\": bind source path does not exist: \(point.source)")
            }
            try add(point)
        }
        var points = inherited.filter { old in !own.contains { $0.target == old.target } } + own
        for target in (config["Volumes"]?.object ?? [:]).names.map(BindMount.clean).sorted() {
            guard target != "/" else {
                throw EngineFailure.invalid("invalid volume: destination can't be '/'")
            }
            if memory.contains(target) || points.contains(where: { $0.target == target }) { continue }
            var point = MountPoint(kind: .volume, target: target)
            point.isAnonymous = true
            points.append(point)
        }
        return points.map { point in
            guard point.kind == .volume, point.volume.isEmpty else { return point }
            var named = point
            named.volume = Identifier.make()
            return named
        }
    }

    /// The mount points of another container, as `--volumes-from CONTAINER[:ro]` takes them.
    private func mountPoints(from text: String) throws -> [MountPoint] {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let mode = parts.count > 1 ? parts[1] : ""
        guard !parts.isEmpty, !parts[0].isEmpty else {
            throw EngineFailure.invalid("invalid volumes-from specification: \(text)")
        }
        guard ["", "ro", "rw", "z", "Z"].contains(mode) else { throw EngineFailure.invalid("invalid mode: \(mode)") }
        let donor: Container
        // A 404 would say to clients that the image is missing.
        do { donor = try container(parts[0]) } catch let failure as EngineFailure {
            throw EngineFailure.invalid(failure.message)
        }
        return donor.life.current.definition.mountPoints.map { point in
            var point = point
            point.copies = false
            // They are the other's: they go when it goes.
            point.isAnonymous = false
            if mode == "ro" { point.isReadOnly = true }
            if !mode.isEmpty { point.mode = mode }
            return point
        }
    }

    /// The steps that make a new container's volumes, and fill them with what the image has at their places.
    func volumeSteps(for definition: Container.Definition) -> [Step] {
        definition.mountPoints.flatMap { point -> [Step] in
            guard point.kind == .volume else { return [] }
            let isNew = volumes.volume(point.volume) == nil
            var steps: [Step] = []
            if isNew {
                let volume = Volume(
                    name: point.volume, labels: point.labels, options: point.options, created: Clock.realtime(),
                    isAnonymous: point.isAnonymous)
                steps.append(volumeStep(volume))
            }
            if point.copies, volumes.volume(point.volume)?.options == nil,
                (try? Files.list(volumes.path(of: point.volume)))?.isEmpty ?? true
            {
                steps += fillStep(point, layers: definition.layers)
            }
            return steps
        }
    }

    /// The step that copies what the image has at a volume's place into the empty volume; none where it has nothing.
    private func fillStep(_ point: MountPoint, layers: [String]) -> [Step] {
        guard Self.imageHas(point.target, layers: layers) else { return [] }
        let path = volumes.path(of: point.volume)
        let kernel = kernel
        let lower = [initLayer] + layers
        return [
            Step(
                .volumeFill, command: "cp -a \(point.target)/. \(path)",
                facts: ["volume": .string(point.volume), "source": .string(point.target), "path": .string(path)]
            ) {
                let overlay = try kernel.makeOverlay(OverlayLayers(lower: lower, upper: nil, work: nil))
                let target = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
                var entries = 0
                if let source = try RootFiles(overlay: overlay).directory(point.target) {
                    entries = try TreeCopy.contents(of: source, to: target)
                }
                return StepOutcome(
                    facts: ["entries": .integer(Int64(entries))],
                    evidence: [Evidence(source: path, .entries(try Files.list(path).count))])
            }
        ]
    }

    /// Whether some layer has something at a path: without mounting, so a link on the way counts as "perhaps".
    private static func imageHas(_ path: String, layers: [String]) -> Bool {
        var prefix = ""
        let parts = path.split(separator: "/")
        for (index, part) in parts.enumerated() {
            prefix += "/" + part
            var found = false
            for layer in layers {
                var status = stat()
                guard lstat(layer + prefix, &status) == 0 else { continue }
                found = true
                if status.st_mode & S_IFMT == S_IFLNK, index < parts.count { return true }
            }
            if !found { return false }
        }
        return true
    }

    /// Tells of the named volumes that were there before a container that was made for them: Docker tells of each as made.
    func publishReused(_ container: Container) {
        let definition = container.life.current.definition
        for point in definition.mountPoints where point.kind == .volume && !point.isAnonymous {
            guard let volume = volumes.volume(point.volume), volume.created < definition.created else { continue }
            events.publish("volume", "create", volume.name, ["driver": "local"])
        }
    }

    /// Tells of the volumes that a container begins or ceases to use.
    func publishVolumes(_ action: String, _ container: Container) {
        for point in container.life.current.definition.mountPoints where point.kind == .volume {
            var attributes = ["container": container.id, "driver": "local"]
            if action == "mount" {
                attributes["destination"] = point.target
                attributes["propagation"] = point.propagation
                attributes["read/write"] = point.isReadOnly ? "false" : "true"
            }
            events.publish("volume", action, point.volume, attributes)
        }
    }

    /// Has what the options of a container's volumes name mounted, before it starts.
    func attachVolumes(to container: Container) throws {
        guard kernel.profile.kind == .linux else { return }
        for point in container.life.current.definition.mountPoints where point.kind == .volume {
            try volumes.attach(point.volume, for: container.id)
        }
    }

    /// Lets go of it when the container has ended, or did not start.
    func detachVolumes(from container: Container) {
        for point in container.life.current.definition.mountPoints where point.kind == .volume {
            volumes.detach(point.volume, from: container.id)
        }
    }

    /// The steps that remove the volumes that belong to nothing but a container that goes.
    func anonymousVolumeRemovals(of container: Container) -> [Step] {
        container.life.current.definition.mountPoints.filter { point in
            point.kind == .volume && point.isAnonymous && volumes.volume(point.volume) != nil
                && users(ofVolume: point.volume).allSatisfy { $0 === container }
        }.map { volumeRemoval($0.volume) }
    }
}

extension LaunchPlan {
    /// The mounts of a container's own, parents before what lies below them, each with its place in the container.
    func mountSteps(_ volumes: VolumeStore) throws -> [(target: String, step: ChildStep)] {
        let points = definition.mountPoints
        let memory = definition.hostObject.map("Tmpfs").map { name, options in
            var point = MountPoint(kind: .tmpfs, target: BindMount.clean(name))
            point.memoryOptions = options
            return point
        }
        var initial: [MountPoint] = []
        if InitProgram.isWanted(definition.hostObject), let source = try? InitProgram.source() {
            var point = MountPoint(kind: .bind, target: InitProgram.path)
            point.source = source
            point.isReadOnly = true
            initial = [point]
        }
        func depth(_ point: MountPoint) -> Int { point.target.split(separator: "/").count }
        return try (points + memory + initial).sorted { (depth($0), $0.target) < (depth($1), $1.target) }.map { point in
            if point.kind == .tmpfs { return (point.target, temporary(point)) }
            var source = point.kind == .volume ? volumes.path(of: point.volume) : point.source
            if let subpath = point.subpath { source = try Self.part(subpath, of: source) }
            let step = ChildStep(
                kind: .mountVolume, command: "mount --\(point.isRecursive ? "r" : "")bind \(source) \(point.target)",
                facts: [
                    "source": .string(source), "target": .string(point.target), "readOnly": .bool(point.isReadOnly),
                    "volume": point.kind == .volume ? .string(point.volume) : .null,
                ],
                operations: [
                    .bind(
                        source: source, target: point.target, isRecursive: point.isRecursive,
                        flags: point.isReadOnly ? [.readOnly] : [],
                        propagation: MountPropagation(rawValue: point.propagation) ?? .rprivate,
                        followsLinks: point.subpath == nil)
                ],
                evidence: mountEvidence(point.target))
            return (point.target, step)
        }
    }

    /// Where a part of a volume lies, after all links on the way; none of them leads out of the volume.
    private static func part(_ subpath: String, of volume: String) throws -> String {
        guard let part = try RootedTree(at: volume).open(ArchivePath(subpath), ContainerFiles.pathOnly) else {
            throw EngineFailure.system("cannot access path \(volume)/\(subpath): no such file or directory")
        }
        return try Files.linkTarget("/proc/self/fd/\(part.number)")
    }

    private func temporary(_ point: MountPoint) -> ChildStep {
        let parsed = TmpfsOptions(point.memoryOptions)
        return ChildStep(
            kind: .mountTmpfs, command: "mount -t tmpfs tmpfs \(point.target)",
            facts: ["target": .string(point.target), "size": parsed.size.map { .string($0) } ?? .null],
            operations: [
                .mount(
                    type: "tmpfs", source: "tmpfs", target: point.target, flags: parsed.flags, options: parsed.data)
            ],
            evidence: mountEvidence(point.target))
    }
}
