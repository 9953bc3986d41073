import EngineAPI
import OCI
import OrderedJSON
import Posix
import Steps

/// One build: the stages of a Dockerfile, instruction by instruction. Only the thread of the request uses it.
final class ImageBuild {
    let node: Node
    let request: BuildRequest
    let operation: String
    let context: SentContext
    /// A directory of its own, on the file system of the layers.
    let directory: String
    let parser: DockerfileParser
    /// Tells the client; it throws when the client is gone.
    let send: (JSON) throws -> Void
    /// Whether the client still waits.
    let isWanted: () -> Bool
    /// Takes the steps where the build is only planned; nothing is made then.
    let planned: BuildPlan?

    var arguments: BuildArguments
    /// The stages built so far.
    private(set) var stages: [(name: String, image: Image?)] = []
    /// What the image of this stage says so far.
    var settings = ContainerSettings()
    /// The image that this stage began with; `nil` for nothing (scratch).
    private(set) var baseOfStage: Image?
    /// The image that the last instruction made; `nil` for nothing (scratch).
    var image: Image?
    var author = ""
    /// Whether this stage has its own CMD: an ENTRYPOINT takes an inherited one away.
    var hasOwnCommand = false
    /// Whether an instruction of this stage was carried out: the cache is of no use after it.
    private(set) var isPastCache = false
    /// For a plan: whether the stage's base is not here, so that only its instructions are known.
    var isUnknown = false
    /// For a plan: the stages that don't come out of the cache as a whole, with the settings that their images would
    /// have. Those that are kept for them are of before the first instruction that would be carried out.
    private(set) var newStages: [Int: ContainerSettings] = [:]
    /// For a plan: whether the stage begins with an image that the build would make, of which nothing can be cached.
    private(set) var isOfNewImage = false
    /// Images of other builds whose instructions may be used again.
    var cacheSources: [Image] = []
    /// Containers of the present instruction, to be removed after it.
    var intermediates: [String] = []
    private var stepCount = 0
    private var stepTotal = 0

    init(
        node: Node, request: BuildRequest, operation: String, context: SentContext, directory: String,
        isWanted: @escaping () -> Bool, planned: BuildPlan? = nil, send: @escaping (JSON) throws -> Void
    ) throws {
        self.node = node
        self.planned = planned
        self.request = request
        self.operation = operation
        self.context = context
        self.directory = directory
        self.isWanted = isWanted
        self.send = send
        parser = try DockerfileParser(context.dockerfile)
        arguments = BuildArguments(request.arguments)
    }

    /// Shows a text to the client.
    func emit(_ text: String) throws { try send(["stream": .string(text)]) }

    // MARK: Stages

    private struct Stage {
        var from: DockerfileLine
        var lines: [DockerfileLine] = []

        var name: String { from.words.count == 3 ? from.words[2].lowercased() : "" }
    }

    /// Carries out all instructions.
    /// - Returns: The image's identity.
    func run() throws -> Digest {
        try carryOut()
        guard let image else { throw EngineFailure.system("No image was generated. Is your Dockerfile empty?") }
        return image.id
    }

    /// Carries all instructions out, or only plans them.
    func carryOut() throws {
        let (globals, stages) = try plan()
        stepTotal = globals.count + stages.reduce(0) { $0 + 1 + $1.lines.count }
        for line in globals {
            try announce(line.text)
            let expansion = WordExpansion(escape: parser.escape, variables: arguments.globals)
            for (name, value) in try argumentPairs(line, expansion) { arguments.declareGlobally(name, value) }
        }
        for stage in stages {
            try begin(stage)
            for line in stage.lines {
                try announce(line.text)
                try dispatchCleaningUp(line)
                try emit(" ---> \(image?.id.short ?? "")\n")
            }
            if let planned, isPastCache || isOfNewImage || isUnknown {
                newStages[self.stages.count] = settings
                planned.endStage(self.stages.count)
            }
            self.stages.append((stage.name, image))
            if let id = image?.id { try send(["aux": ["ID": .string("\(id)")]]) }
        }
        let unused = arguments.unused
        if !unused.isEmpty {
            try emit("[Warning] One or more build-args [\(unused.joined(separator: " "))] were not consumed\n")
        }
    }

    /// Checks all instructions and sorts them into stages, up to the target.
    private func plan() throws -> (globals: [DockerfileLine], stages: [Stage]) {
        let check = InstructionCheck(escape: parser.escape)
        // What the parser itself refuses comes before what its instructions mean.
        for line in parser.lines where ["ENV", "LABEL"].contains(line.name) { _ = try check.pairs(line) }
        var globals: [DockerfileLine] = []
        var stages: [Stage] = []
        for line in parser.lines {
            try check.check(line)
            if line.name == "FROM" {
                stages.append(Stage(from: line))
            } else if !stages.isEmpty {
                stages[stages.count - 1].lines.append(line)
            } else if line.name == "ARG" {
                globals.append(line)
            } else {
                throw EngineFailure.invalid("no build stage in current context")
            }
        }
        guard !stages.isEmpty else { throw EngineFailure.invalid("no build stage in current context") }
        if !request.target.isEmpty {
            let wanted = request.target.lowercased()
            guard
                let index = stages.firstIndex(where: { $0.name == wanted })
                    ?? Int(wanted).flatMap({ stages.indices.contains($0) ? $0 : nil })
            else {
                throw EngineFailure.invalid("failed to reach build target \(request.target) in Dockerfile")
            }
            stages = Array(stages[...index])
        }
        for (name, value) in request.labels.sorted(by: { $0.key < $1.key }) {
            var line = DockerfileLine(name: "LABEL", text: "LABEL \(name)=\(value)", flags: [], rest: "", number: 0)
            line.documents = [DockerfileLine.HereDocument(name: name, content: value, expands: false)]
            stages[stages.count - 1].lines.append(line)
        }
        return (globals, stages)
    }

    private func announce(_ text: String) throws {
        stepCount += 1
        try emit("Step \(stepCount)/\(stepTotal) : \(text)\n")
    }

    private func begin(_ stage: Stage) throws {
        try announce(stage.from.text)
        arguments.beginStage()
        planned?.beginStage(on: nil)
        settings = ContainerSettings()
        (author, hasOwnCommand, isPastCache, image, isUnknown) = ("", false, false, nil, false)
        cacheSources = try request.cacheSources.compactMap { name in
            do throws(OCIError) { return try node.images.image(named: name) } catch {
                guard error.category == .notFound else { throw error }
                return nil
            }
        }
        let name = try WordExpansion(escape: parser.escape, variables: arguments.globals).word(stage.from.words[0])
        if name.isEmpty {
            throw EngineFailure.invalid("base name (\(stage.from.words[0])) should not be blank")
        }
        isOfNewImage = false
        var base: Int?
        if let earlier = stages.lastIndex(where: { !$0.name.isEmpty && $0.name == name.lowercased() }) {
            image = stages[earlier].image
            base = earlier
            isOfNewImage = newStages[earlier] != nil
            planned?.beginStage(on: earlier)
        } else if name != "scratch" {
            image = try self.base(name, platform: try platform(of: stage.from))
            // What a base that is still to be pulled brings along is not known before.
            isUnknown = image == nil
        }
        baseOfStage = image
        if let image {
            settings = base.flatMap { newStages[$0] } ?? image.config.config
            author = image.config.author
            let id = "\(image.id)"
            try record(stage.from, image: id, cached: false, reason: "base")
        } else if isUnknown {
            try describe(stage.from)
        }
        if !(settings.env ?? []).contains(where: { $0.hasPrefix("PATH=") }) {
            settings.env =
                (settings.env ?? []) + ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        }
        (settings.openStdin, settings.stdinOnce) = (false, false)
        settings.image = image.map { "\($0.id)" } ?? ""
        try runTriggers()
        try emit(" ---> \(image?.id.short ?? "")\n")
    }

    /// The platform that a stage asks for, or else the build.
    private func platform(of line: DockerfileLine) throws -> Platform? {
        guard let flag = line.flags.last(where: { $0.name == "platform" }) else { return request.platform }
        let text = try WordExpansion(escape: parser.escape, variables: arguments.globals).word(flag.value)
        return text.isEmpty ? request.platform : try Platform(text)
    }

    /// The image that FROM or --from names: the one that is here, or pulled, as the build was asked for.
    /// - Returns: `nil` only where it would be pulled, and the build is only planned.
    func base(_ name: String, platform: Platform?) throws -> Image? {
        if !request.pulls {
            do throws(OCIError) {
                let image = try node.images.image(named: name)
                if platform?.accepts(image.config.platform) ?? true { return image }
            } catch {
                guard error.category == .notFound else {
                    throw EngineFailure(wrapping: error, doing: "looking up image")
                }
            }
        }
        let reference = try ImageReference(name).taggedByDefault
        let pull = PullRequest(reference, platform: platform, credentials: request.logins[reference.domain])
        if let planned {
            try planned.addPull(pull)
            // Pulled again, it may be the one that is here.
            return request.pulls ? node.images.image(named: reference) : nil
        }
        try node.pullImage(pull, operation: operation, isWanted: isWanted, send: send)
        return try node.images.image(named: name)
    }

    private func runTriggers() throws {
        guard let triggers = settings.onBuild, !triggers.isEmpty else { return }
        settings.onBuild = nil
        try emit("# Executing \(triggers.count) build trigger\(triggers.count > 1 ? "s" : "")\n")
        for trigger in triggers {
            let line = try DockerfileParser.line(trigger, number: 1)
            try InstructionCheck(escape: parser.escape).check(line)
            try dispatchCleaningUp(line)
        }
    }

    /// The place of an earlier stage, by name or number; `nil` if the text names none.
    func stage(_ text: String) -> Int? {
        if let index = Int(text), stages.indices.contains(index) { return index }
        return stages.lastIndex { !$0.name.isEmpty && $0.name == text.lowercased() }
    }

    private func dispatchCleaningUp(_ line: DockerfileLine) throws {
        guard isWanted() else { throw EngineFailure.system("the client is gone") }
        if isUnknown { return try describe(line) }
        do { try dispatch(line) } catch {
            if request.alwaysRemoves { try removeIntermediates() }
            throw error
        }
        if request.removes || request.alwaysRemoves {
            try removeIntermediates()
        } else {
            planned?.keepIntermediates()
            intermediates = []
        }
        settings.image = image.map { "\($0.id)" } ?? ""
    }

    private func removeIntermediates() throws {
        planned?.removeIntermediates()
        for id in intermediates {
            try node.removeContainer(id, force: true, removeVolumes: true, operation: operation)
            try emit("Removing intermediate container \(id.prefix(12))\n")
        }
        intermediates = []
    }

    // MARK: The cache

    /// Looks for an image that was made from the same image by the same instruction.
    /// - Returns: Whether there is one; it is the present image then.
    func takeFromCache(_ line: DockerfileLine, _ config: ContainerSettings) throws -> Bool {
        guard !request.ignoresCache, !isPastCache, !isOfNewImage else { return false }
        if planned != nil, try isInSources(line, config) { return true }
        if let found = try takeFromSources(config) {
            try emit(" ---> Using cache\n")
            image = found
            try record(line, image: "\(found.id)", cached: true, reason: "hit")
            return true
        }
        // Images that the user named as the cache are all of it.
        guard request.cacheSources.isEmpty else { return false }
        let found = cached.filter { $0.config.containerConfig.map { Self.isSame($0, config) } ?? false }
            .max { ($0.config.created ?? .zero) < ($1.config.created ?? .zero) }
        guard let found else { return false }
        try emit(" ---> Using cache\n")
        image = found
        try record(line, image: "\(found.id)", cached: true, reason: "hit")
        return true
    }

    /// The images that were made from the present one.
    var cached: [Image] {
        image.map { node.images.children(of: $0.id).compactMap { node.images.image($0) } }
            ?? node.images.images().filter { $0.parent == nil }
    }

    /// Whether two settings mean the same instruction: the members that Docker's builder compares.
    private static func isSame(_ one: ContainerSettings, _ other: ContainerSettings) -> Bool {
        one.cmd ?? [] == other.cmd ?? [] && one.env ?? [] == other.env ?? []
            && one.labels ?? [:] == other.labels ?? [:] && one.exposedPorts ?? [] == other.exposedPorts ?? []
            && one.entrypoint ?? [] == other.entrypoint ?? [] && one.volumes ?? [] == other.volumes ?? []
            && one.user == other.user && !one.openStdin && !one.tty && !one.attachStdout && !one.attachStderr
    }

    /// Why an instruction is carried out and not taken from the cache.
    private var missReason: String { request.ignoresCache ? "off" : isPastCache ? "after" : "changed" }

    func record(_ line: DockerfileLine, image: String, cached: Bool, reason: String) throws {
        let images = node.images
        let step = Step(
            .buildInstruction, command: line.text,
            facts: [
                "instruction": .string(line.name), "text": .string(line.text), "cached": .bool(cached),
                "reason": .string(reason), "image": .string(image),
            ]
        ) {
            let found = try images.image(named: image)
            return StepOutcome(evidence: [
                Evidence(source: images.content.path(of: found.id), Finding(.layers, count: Int64(found.layers.count)))
            ])
        }
        try perform(step)
    }

    private func perform(_ step: Step) throws {
        if let planned { planned.add(procedure(step)) } else { try node.run(procedure(step), operation: operation) }
    }

    /// Each instruction is a procedure of its own.
    func procedure(_ step: Step) -> Procedure {
        Procedure(
            title: "build step \(stepCount)/\(stepTotal)", object: request.tags.first ?? "image", steps: [step])
    }

    // MARK: Making an image

    /// Makes an image of the present settings: the end of each instruction.
    ///
    /// - Parameters:
    ///   - config: The settings with the instruction as command: what the cache is looked up by.
    ///   - container: The container it was done in; empty for none.
    ///   - changes: Gives the upper directory with what was changed; `nil` for no files at all.
    func commit(
        _ line: DockerfileLine, _ config: ContainerSettings, container: String,
        changes: @escaping @Sendable () throws -> String?
    ) throws {
        let images = node.images
        let base = image
        var made = base?.config ?? ImageConfig()
        let now = ImageTime.now
        (made.created, made.author, made.comment, made.config) = (now, author, "", settings)
        (made.container, made.containerConfig, made.dockerVersion) = (container, config, node.configuration.version)
        if !container.isEmpty { made.containerConfig?.hostname = String(container.prefix(12)) }
        let new = made
        let entry = ImageConfig.History(
            created: now, createdBy: (config.cmd ?? []).joined(separator: " "), author: author)
        let result = Late<Digest>("the image")
        let step = Step(
            .buildInstruction, command: line.text,
            facts: [
                "instruction": .string(line.name), "text": .string(line.text), "cached": false,
                "reason": .string(missReason),
            ]
        ) {
            let upper = try changes()
            let isEmpty = try upper.map { try Files.list($0).isEmpty } ?? true
            let id = try images.makingImage { (owner) throws(OCIError) in
                var config = new
                var entry = entry
                entry.emptyLayer = isEmpty
                config.history.append(entry)
                var layers: [NewLayer] = []
                if let upper, !isEmpty {
                    layers = [
                        try images.addLayer(directory: upper, form: .layer, onto: base?.topLayer, owner: owner)
                    ]
                }
                return try images.create(config, base: base, layers: layers, parent: base?.id).id
            }
            result.set(id)
            let count = images.image(id)?.layers.count ?? 0
            return StepOutcome(
                facts: ["image": .string("\(id)")],
                evidence: [Evidence(source: images.content.path(of: id), Finding(.layers, count: Int64(count)))])
        }
        try perform(step)
        // A plan goes on with the image before: it is nearest to the one that would have been made.
        if planned == nil { image = node.images.image(try result.value()) }
        isPastCache = true
    }
}
