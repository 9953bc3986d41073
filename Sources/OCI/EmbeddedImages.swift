/// The images that need no network: made on this machine from its own static busybox and bash.
///
/// Made twice of the same programs they have the same IDs: every time in them is the program's own or fixed.
public enum EmbeddedImages {
    /// Their names as Docker shows them. `busybox` also has its real version as a tag, which only the machine knows.
    public static let names: [String] = [
        "hello-world:latest", "busybox:latest", "lab/bash:latest", "lab/web:1", "lab/web:latest", "lab/web:2",
        "lab/counter:latest", "lab/hungry:latest",
    ]

    /// Makes those that are missing and gives them their names. A name that another image has stays with that image.
    ///
    /// - Parameters:
    ///   - store: Where they go.
    ///   - wanted: Which of ``names`` to make; `nil` for all. What they are made from is made too.
    /// - Returns: The names that were given, in order.
    /// - Throws: ``OCIError/missingProgram(name:package:)`` if one is needed that the machine has not.
    @discardableResult
    public static func install(into store: ImageStore, only wanted: Set<String>? = nil) throws(OCIError)
        -> [ImageReference]
    {
        try store.makingImage { (owner) throws(OCIError) in
            var kitchen = EmbeddedKitchen(store: store, owner: owner)
            for recipe in EmbeddedRecipe.all where wanted.map({ !$0.isDisjoint(with: recipe.names) }) ?? true {
                var isComplete = true
                for name in recipe.names where store.image(named: try ImageReference(name)) == nil {
                    isComplete = false
                }
                if !isComplete { _ = try kitchen.make(recipe) }
            }
            _ = try store.commit(kitchen.made)
            return kitchen.made.flatMap(\.references)
        }
    }
}

/// How an embedded image is made: a base, then instructions as a builder would record them.
struct EmbeddedRecipe: Sendable {
    enum Base: Sendable {
        case scratch
        case busybox
    }

    enum Instruction: Sendable {
        /// A layer of files; the text is what the history says.
        case files(String, @Sendable (inout EmbeddedKitchen) throws(OCIError) -> [EmbeddedFile])
        /// A setting.
        case setting(String, @Sendable (inout ContainerSettings) -> Void)
    }

    var names: [String]
    var base: Base
    var instructions: [Instruction]

    static let all: [EmbeddedRecipe] = [
        helloWorld, busybox, bash, web("1", alias: "latest"), web("2"), counter, hungry,
    ]

    private static func command(_ words: [String]) -> Instruction {
        let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
        return .setting("CMD [\(list)]") { $0.cmd = words }
    }

    static let helloWorld = EmbeddedRecipe(
        names: ["hello-world:latest"], base: .scratch,
        instructions: [
            .files("COPY hello /") { (kitchen) throws(OCIError) in [.file("hello", try kitchen.hello(), mode: 0o755)] },
            command(["/hello"]),
        ])

    static let busybox = EmbeddedRecipe(
        names: ["busybox:latest"], base: .scratch,
        instructions: [
            .files("ADD busybox and its applets in /") { (kitchen) throws(OCIError) in
                let busybox = try kitchen.busybox()
                let applets = try busybox.output(of: ["--list"]).split(separator: "\n").map(String.init)
                return EmbeddedFile.rootFileSystem(busybox.bytes, applets: applets)
            },
            .setting("ENV PATH=\(path)") { $0.env = ["PATH=\(path)"] },
            command(["sh"]),
        ])

    private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    private static let bash = EmbeddedRecipe(
        names: ["lab/bash:latest"], base: .busybox,
        instructions: [
            .files("COPY bash /bin/bash") { (kitchen) throws(OCIError) in
                [.directory("bin"), .file("bin/bash", try kitchen.bash().bytes, mode: 0o755)]
            },
            .files("COPY profile /root/.bashrc") { _ in
                [.directory("root", mode: 0o700), .file("root/.bashrc", EmbeddedText.profile)]
            },
            .setting("ENV SHELL=/bin/bash") { $0.env = ($0.env ?? []) + ["SHELL=/bin/bash"] },
            command(["bash"]),
        ])

    private static func web(_ version: String, alias: String? = nil) -> EmbeddedRecipe {
        EmbeddedRecipe(
            names: ["lab/web:\(version)"] + (alias.map { ["lab/web:\($0)"] } ?? []), base: .busybox,
            instructions: [
                .files("COPY serve /bin/serve") { _ in
                    [.directory("bin"), .file("bin/serve", EmbeddedText.serve(version), mode: 0o755)]
                },
                .files("COPY www /www") { _ in
                    [
                        .directory("www"), .directory("www/cgi-bin"),
                        .file("www/cgi-bin/whoami", EmbeddedText.whoAmI(version), mode: 0o755),
                        .file("www/index.html", EmbeddedText.page(version)),
                    ]
                },
                .setting("ENV VERSION=\(version)") { $0.env = ($0.env ?? []) + ["VERSION=\(version)"] },
                .setting("WORKDIR /www") { $0.workingDir = "/www" },
                .setting("EXPOSE 80/tcp") { $0.exposedPorts = ["80/tcp"] },
                command(["/bin/serve"]),
            ])
    }

    private static let counter = EmbeddedRecipe(
        names: ["lab/counter:latest"], base: .busybox,
        instructions: [
            .files("COPY counter /bin/counter") { _ in
                [.directory("bin"), .file("bin/counter", EmbeddedText.counter, mode: 0o755)]
            },
            command(["/bin/counter"]),
        ])

    private static let hungry = EmbeddedRecipe(
        names: ["lab/hungry:latest"], base: .busybox,
        instructions: [
            .files("COPY hungry /bin/hungry") { _ in
                [.directory("bin"), .file("bin/hungry", EmbeddedText.hungry, mode: 0o755)]
            },
            .setting("ENTRYPOINT [\"/bin/hungry\"]") { $0.entrypoint = ["/bin/hungry"] },
            command(["10"]),
        ])
}

/// What is needed while embedded images are made: the store, and the machine's programs, each looked for once.
struct EmbeddedKitchen {
    let store: ImageStore
    let owner: String
    /// What was made, to be put into the index all at once.
    private(set) var made: [ImageStore.Registration] = []
    private var foundBusybox: StaticProgram?
    private var foundBash: StaticProgram?
    private var madeBusybox: Image?

    init(store: ImageStore, owner: String) {
        self.store = store
        self.owner = owner
    }

    mutating func busybox() throws(OCIError) -> StaticProgram {
        if let foundBusybox { return foundBusybox }
        let program = try StaticProgram("busybox", package: "busybox-static")
        foundBusybox = program
        return program
    }

    mutating func bash() throws(OCIError) -> StaticProgram {
        if let foundBash { return foundBash }
        let program = try StaticProgram("bash-static", package: "bash-static")
        foundBash = program
        return program
    }

    func hello() throws(OCIError) -> [UInt8] {
        let architecture = Platform.current.architecture
        guard let program = HelloProgram(text: EmbeddedText.hello).executable(for: architecture) else {
            throw .unsupported("hello-world for the processor \(architecture)")
        }
        return program
    }

    /// The program's version, as it says itself: `1.35.0` of `BusyBox v1.35.0 (Debian …)`.
    private static func version(of busybox: StaticProgram) -> String? {
        let mark = Array("BusyBox v".utf8)
        var rest = busybox.bytes[...]
        while let start = rest.firstIndex(of: mark[0]) {
            rest = rest[start...]
            if rest.starts(with: mark) {
                let digits = rest.dropFirst(mark.count).prefix { $0 == 0x2E || (0x30...0x39).contains($0) }
                if digits.count >= 3 { return String(decoding: digits, as: UTF8.self) }
            }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// Makes an image, and gives it those of its names that no image has.
    mutating func make(_ recipe: EmbeddedRecipe) throws(OCIError) -> Image {
        var created = ImageTime(seconds: 1_735_689_600)  // 2025-01-01, for what is made of no program
        var names = recipe.names
        if recipe.names == EmbeddedRecipe.busybox.names {
            let busybox = try busybox()
            created = busybox.modified
            if let version = Self.version(of: busybox) { names.append("busybox:\(version)") }
        }
        var base: Image?
        if recipe.base == .busybox {
            let image = if let madeBusybox { madeBusybox } else { try make(EmbeddedRecipe.busybox) }
            created = max(created, image.config.created ?? created)
            base = image
        }
        var config = base?.config ?? ImageConfig()
        config.created = created
        var layers: [NewLayer] = []
        for instruction in recipe.instructions {
            switch instruction {
            case .files(let line, let files):
                let content = try files(&self)
                let top = layers.last?.layer.chainID ?? base?.topLayer
                layers.append(try layer(content, onto: top, created: created, what: "layer of \(recipe.names[0])"))
                config.history.append(Self.line(line, created, isEmpty: false))
            case .setting(let line, let change):
                change(&config.config)
                config.history.append(Self.line(line, created, isEmpty: true))
            }
        }
        var references: [ImageReference] = []
        for name in names {
            let reference = try ImageReference(name)
            if store.image(named: reference) == nil { references.append(reference) }
        }
        let registration = try store.prepare(config, base: base, layers: layers, as: references, parent: nil)
        made.append(registration)
        let image = store.image(registration.record, in: ImageStore.State())
        if recipe.names == EmbeddedRecipe.busybox.names { madeBusybox = image }
        return image
    }

    private static func line(_ text: String, _ created: ImageTime, isEmpty: Bool) -> ImageConfig.History {
        ImageConfig.History(created: created, createdBy: text, comment: "made by Drydock", emptyLayer: isEmpty)
    }

    private func layer(
        _ files: [EmbeddedFile], onto parent: Digest?, created: ImageTime, what: String
    ) throws(OCIError) -> NewLayer {
        try store.addLayer(onto: parent, owner: owner, what: what) { (tar) throws(OCIError) in
            for file in files {
                var entry = file.entry
                entry.modified.tv_sec = Int(created.seconds)
                try tar.add(entry, file.bytes)
            }
        }
    }
}
