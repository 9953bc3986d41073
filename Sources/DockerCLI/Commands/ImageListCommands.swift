import OrderedJSON

/// `docker images`
enum ListImagesCommand: DockerCommand {
    static let headings = [
        "ID": "IMAGE ID", "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT", "Size": "SIZE", "Containers": "CONTAINERS", "VirtualSize": "SIZE",
        "SharedSize": "SHARED SIZE", "UniqueSize": "UNIQUE SIZE",
    ]

    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        var query = parsed.bool("all") ? [("all", "1")] : []
        query += context.filters(context.arguments.map { ("reference", $0) })
        let images = try context.json("GET", "/images/json", query: query).array ?? []
        let showsDigests = parsed.bool("digests")
        let format = parsed.string("format")
        let age = "{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}"
        let digest = showsDigests ? #"{{.Digest}}\t"# : ""
        let table = #"{{.Repository}}\t{{.Tag}}\t\#(digest){{.ID}}\t\#(age)\t{{.Size}}"#
        var raw = "repository: {{.Repository}}\n{{if .Tag}}tag: {{.Tag}}{{else}}tag: <none>{{end}}\n"
        if showsDigests {
            raw = "repository: {{.Repository}}\n{{if .Tag}}tag: {{.Tag}}\n{{end}}" + "digest: {{.Digest}}\n"
        }
        raw += "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n"
        let needsDigests = showsDigests || format.contains("{{.Digest}}") || format == "json"
        let rows = images.flatMap { image in
            ImageRows.rows(
                image, truncates: !parsed.bool("no-trunc"), showsDigests: showsDigests, needsDigests: needsDigests)
        }
        context.io.print(
            try ListOutput.text(
                context, format: format,
                TableFormat(headings: headings, table: table), raw: raw,
                quiet: "{{.ID}}", rawQuiet: "image_id: {{.ID}}", rows: rows))
        return 0
    }
}

/// The columns of `docker images`.
enum ImageRows {
    /// The rows of one image: one for each name, or for each name and digest.
    ///
    /// - Parameters:
    ///   - showsDigests: Whether digests have a column.
    ///   - needsDigests: Whether a name with several digests has several rows.
    ///   - withoutDigest: What stands for a digest that a name doesn't have.
    static func rows(
        _ image: JSON, truncates: Bool, showsDigests: Bool, needsDigests: Bool, withoutDigest: String = "<none>"
    ) -> [TemplateRow] {
        func row(_ repository: String, _ tag: String, _ digest: String) -> TemplateRow {
            self.row(image, truncates: truncates, repository: repository, tag: tag, digest: digest)
        }
        let tags = (image["RepoTags"]?.array ?? []).compactMap(\.string).filter { $0 != "<none>:<none>" }
        let digests = (image["RepoDigests"]?.array ?? []).compactMap(\.string).filter { $0 != "<none>@<none>" }
        if tags.isEmpty && digests.isEmpty { return [row("<none>", "<none>", "<none>")] }
        var remaining = digests.map { text in
            let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
            return (repository: familiar(parts[0]), digest: parts.count == 2 ? parts[1] : "")
        }
        var found: [TemplateRow] = []
        var named: [String] = []
        for text in tags {
            guard let colon = text.lastIndex(of: ":") else { continue }
            let repository = familiar(String(text[..<colon]))
            let own = remaining.filter { $0.repository == repository }
            named.append(repository)
            let tag = String(text[text.index(after: colon)...])
            if own.isEmpty || !needsDigests {
                found.append(row(repository, tag, withoutDigest))
            } else {
                found += own.map { row(repository, tag, $0.digest) }
            }
        }
        remaining.removeAll { named.contains($0.repository) }
        if showsDigests {
            found += remaining.map { row($0.repository, "<none>", $0.digest) }
        } else {
            var seen: Set<String> = []
            found += remaining.filter { seen.insert($0.repository).inserted }.map { row($0.repository, "<none>", "") }
        }
        return found
    }

    private static func familiar(_ name: String) -> String {
        if case .value(let reference) = ImageReference.parse(name) { return reference.name }
        return name
    }

    static func row(_ image: JSON, truncates: Bool, repository: String, tag: String, digest: String) -> TemplateRow {
        let id = image["Id"]?.string ?? ""
        let created = image["Created"]?.integer ?? 0
        let size = image["Size"]?.double ?? 0
        let shared = image["SharedSize"]?.double ?? -1
        let containers = image["Containers"]?.integer ?? -1
        let age = Timestamps.Moment(seconds: created, nanoseconds: 0).age
        return TemplateRow(
            "*formatter.imageContext",
            [
                ("ID", .string(truncates ? Truncation.id(id) : id)),
                ("Repository", .string(repository)),
                ("Tag", .string(tag)),
                ("Digest", .string(digest)),
                ("CreatedSince", .string(created == 0 ? "" : DurationText.human(seconds: age) + " ago")),
                ("CreatedAt", .string(Timestamps.goText(created))),
                ("Size", .string(SizeText.human(size))),
                ("Containers", .string(containers == -1 ? "N/A" : String(containers))),
                ("VirtualSize", .string(SizeText.humanPrecise(size))),
                ("SharedSize", .string(shared < 0 ? "N/A" : SizeText.humanPrecise(shared))),
                ("UniqueSize", .string(shared < 0 ? "N/A" : SizeText.humanPrecise(size - shared))),
            ])
    }
}

/// `docker history`
enum HistoryCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        var query: [(String, String)] = []
        if let platform = parsed.stringIfSet("platform") { query.append(("platform", PlatformText.json(platform))) }
        let layers = try context.json("GET", "/images/\(context.arguments[0])/history", query: query).array ?? []
        let isHuman = parsed.bool("human")
        let truncates = !parsed.bool("no-trunc")
        let rows = layers.map { layer in
            let id = layer["Id"]?.string ?? ""
            let created = layer["Created"]?.integer ?? 0
            let text = String((layer["CreatedBy"]?.string ?? "").map { $0 == "\t" ? " " : $0 })
            let at = Timestamps.rfc3339(created)
            let since = DurationText.human(seconds: Timestamps.Moment(seconds: created, nanoseconds: 0).age) + " ago"
            let size = layer["Size"]?.integer ?? 0
            return TemplateRow(
                "*image.historyContext",
                [
                    ("ID", .string(truncates ? Truncation.id(id) : id)),
                    ("CreatedAt", .string(at)),
                    ("CreatedSince", .string(created <= 0 ? "N/A" : isHuman ? since : at)),
                    ("CreatedBy", .string(truncates ? Truncation.ellipsis(text, width: 45) : text)),
                    ("Size", .string(isHuman ? SizeText.human(Double(size)) : String(size))),
                    ("Comment", .string(layer["Comment"]?.string ?? "")),
                ])
        }
        let age = isHuman ? "{{.CreatedSince}}" : "{{.CreatedAt}}"
        let format = TableFormat(
            headings: [
                "ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY",
                "Size": "SIZE", "Comment": "COMMENT",
            ], table: #"{{.ID}}\t\#(age)\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"#)
        context.io.print(
            try ListOutput.text(context, format: parsed.string("format"), format, quiet: "{{.ID}}", rows: rows))
        return 0
    }
}

/// A platform as flags take it and as the API does.
enum PlatformText {
    private static let systems: Set<String> = [
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "macos", "nacl",
        "netbsd", "openbsd", "plan9", "solaris", "windows", "zos",
    ]
    private static let architectures: Set<String> = [
        "386", "i386", "amd64", "x86_64", "x86-64", "arm", "armhf", "armel", "arm64", "aarch64", "loong64", "mips",
        "mips64", "mips64le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc",
        "sparc64", "wasm",
    ]

    /// What Docker says of a single word that is neither a system nor an architecture; `nil` for the rest.
    static func complaint(about text: String) -> String? {
        let word = text.lowercased()
        if text.isEmpty || text.contains("/") || systems.contains(word) || architectures.contains(word) { return nil }
        return "\(GoFormat.quote(text)): unknown operating system or architecture: invalid argument"
    }

    /// `os[/architecture[/variant]]` as JSON.
    static func json(_ text: String) -> String {
        let parts = text.split(separator: "/").map(String.init)
        var object = JSONObject()
        for (name, part) in zip(["os", "architecture", "variant"], parts) { object[name] = .string(part) }
        return JSON.object(object).text()
    }
}
