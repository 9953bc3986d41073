import EngineAPI
import OCI
import OrderedJSON
import Posix
import Steps

/// What a commit is to make.
public struct CommitRequest: Sendable {
    /// The image's name; empty for none.
    public var repository = "", tag = ""
    /// What its history says.
    public var author = "", comment = ""
    /// Instructions as of a Dockerfile.
    public var changes: [String] = []
    /// Whether a running container stands still meanwhile.
    public var pauses = true
    /// An image without a name and a note.
    public init() {}
}

extension Node {
    /// Makes an image of what a container has written (API: ImageCommit).
    ///
    /// - Returns: The image's identity.
    public func commitContainer(
        _ reference: String, _ request: CommitRequest, operation: String
    ) throws -> String {
        let container = try self.container(reference)
        let name: ImageReference?
        var settings: ContainerSettings
        do throws(OCIError) {
            let text = request.tag.isEmpty ? request.repository : "\(request.repository):\(request.tag)"
            name = request.repository.isEmpty ? nil : try ImageReference(text).taggedByDefault
            settings = Self.settings(of: container)
            for change in request.changes { try settings.apply(change: change) }
        } catch { throw EngineFailure(wrapping: error, doing: "committing container") }
        // Not while it starts, ends or goes: the layer must hold still, and stay.
        return try container.lifecycle.withLock { _ in
            if container.life.current.isRemoved { throw EngineFailure.notFound("No such container: \(reference)") }
            // Where nothing can be frozen it is kept as it is at the moment, as with Docker.
            let wantsPause = request.pauses && container.life.current.state.status == .running
            let frozen = wantsPause ? container.life.current.running?.cgroup : nil
            let freezes = frozen?.freezer != nil
            if freezes, let frozen { try frozen.freeze() }
            defer { if freezes, let frozen { _ = try? frozen.thaw() } }
            let made = Late<Digest>("the image")
            let step = commitStep(container, request, settings: settings, name: name, made: made)
            do {
                try run(
                    Procedure(title: "commit container", object: container.name, steps: [step]), operation: operation)
            } catch { throw EngineFailure(wrapping: error, doing: "committing container") }
            let id = try made.value()
            publish(
                "commit", container, ["comment": request.comment, "imageID": "\(id)", "imageRef": name?.familiar ?? ""])
            return "\(id)"
        }
    }

    private func commitStep(
        _ container: Container, _ request: CommitRequest, settings: ContainerSettings, name: ImageReference?,
        made: Late<Digest>
    ) -> Step {
        let definition = container.life.current.definition
        let images = images
        let upper = container.upper
        return Step(
            .imageCommit, command: "tar -c -C \(upper) .",
            facts: ["container": .string(container.name), "upper": .string(upper)]
        ) {
            guard let base = try? images.image(named: definition.image) else {
                throw EngineFailure.notFound(
                    "the image of container \(container.name) was removed: what it was made of can't be told any more")
            }
            var config = base.config
            let now = ImageTime.now
            config.created = now
            config.author = request.author
            config.comment = request.comment
            config.config = settings
            config.container = container.id
            config.containerConfig = Self.settings(of: container)
            let id = try images.makingImage { (owner) throws(OCIError) in
                let layer = try images.addLayer(directory: upper, form: .layer, onto: base.topLayer, owner: owner)
                config.history.append(
                    ImageConfig.History(
                        created: now, createdBy: ([definition.path] + definition.arguments).joined(separator: " "),
                        author: request.author, comment: request.comment))
                return try images.create(
                    config, base: base, layers: [layer], as: name.map { [$0] } ?? [], parent: base.id
                ).id
            }
            made.set(id)
            let image = images.image(id)
            return StepOutcome(
                facts: ["image": .string("\(id)"), "size": .integer(image?.layers.last?.size ?? 0)],
                evidence: [
                    Evidence(
                        source: images.content.path,
                        Finding(
                            .committed, count: Int64(image?.layers.count ?? 0), name: "\(id)", other: base.id.short))
                ])
        }
    }

    /// A container's settings as those of an image.
    private static func settings(of container: Container) -> ContainerSettings {
        let config = container.life.current.definition.configObject
        func strings(_ name: String) -> [String]? { config[name]?.array.map { $0.compactMap(\.string) } }
        var settings = ContainerSettings()
        settings.hostname = config.text("Hostname")
        settings.domainname = config.text("Domainname")
        settings.user = config.text("User")
        settings.attachStdin = config.flag("AttachStdin")
        settings.attachStdout = config.flag("AttachStdout")
        settings.attachStderr = config.flag("AttachStderr")
        settings.exposedPorts = config["ExposedPorts"]?.object.map { $0.names.sorted() }
        settings.tty = config.flag("Tty")
        settings.openStdin = config.flag("OpenStdin")
        settings.stdinOnce = config.flag("StdinOnce")
        settings.env = strings("Env")
        settings.cmd = strings("Cmd")
        settings.image = config.text("Image")
        settings.volumes = config["Volumes"]?.object.map { $0.names.sorted() }
        settings.workingDir = config.text("WorkingDir")
        settings.entrypoint = strings("Entrypoint")
        settings.onBuild = strings("OnBuild")
        settings.labels = Dictionary(config.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        settings.stopSignal = config.text("StopSignal")
        settings.stopTimeout = config["StopTimeout"]?.integer
        settings.shell = strings("Shell")
        if let check = config["Healthcheck"]?.object {
            var healthcheck = ContainerSettings.Healthcheck()
            healthcheck.test = check.strings("Test")
            healthcheck.interval = check.number("Interval")
            healthcheck.timeout = check.number("Timeout")
            healthcheck.startPeriod = check.number("StartPeriod")
            healthcheck.startInterval = check.number("StartInterval")
            healthcheck.retries = check.number("Retries")
            settings.healthcheck = healthcheck
        }
        return settings
    }
}
