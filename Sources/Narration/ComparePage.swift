public import EngineAPI

extension Narrator {
    /// Two containers side by side: which namespaces, layers and networks they share, and what each may use.
    public func compare(_ first: ContainerView, _ second: ContainerView) -> String {
        var page = newPage()
        let words = CompareVoice(language: language)
        page.paragraph(words.title(first.name, second.name), style: .heading)
        if first.isSimulated || second.isSimulated { page.paragraph(voice.simulatedNote, style: .note) }
        let table = CompareTable(columns: page.width - Page.margin)
        page.row(table.row("", first.name, second.name, ""), style: .note)
        page.row(
            table.row(words.status, first.status, second.status, words.verdict(first.status == second.status)))
        page.row(table.row(words.image, first.image, second.image, words.verdict(first.image == second.image)))

        page.paragraph(words.namespaces, style: .heading)
        let kinds = (first.namespaces + second.namespaces).map(\.kind)
        for kind in kinds.uniqued() {
            let one = first.namespaces.first { $0.kind == kind }
            let other = second.namespaces.first { $0.kind == kind }
            page.row(
                table.row(
                    kind, Self.inode(one?.link), Self.inode(other?.link), words.sharing(one, other)))
        }
        if kinds.isEmpty { page.paragraph(words.nobodyRuns, indent: 2) }

        page.paragraph(words.limits, style: .heading)
        for (name, one, other) in Self.amounts(first, second) {
            page.row(table.row(words.amount(name), words.text(one), words.text(other), ""))
        }

        page.paragraph(words.layers, style: .heading)
        let shared = Set(first.layers).intersection(second.layers)
        page.paragraph(words.sharedLayers(shared.count, of: first.layers.count, second.layers.count), indent: 2)
        for layer in first.layers where shared.contains(layer) {
            page.row("  " + Self.shortLayer(layer), style: .note)
        }
        page.paragraph(words.ownLayers, indent: 2)

        page.paragraph(words.networks, style: .heading)
        let names = (first.networks + second.networks).map(\.network).uniqued()
        for name in names {
            let one = first.networks.first { $0.network == name }
            let other = second.networks.first { $0.network == name }
            page.row(
                table.row(
                    name, one?.address ?? "-", other?.address ?? "-", words.verdict(one != nil && other != nil)))
        }
        if names.isEmpty { page.paragraph(words.noNetworks, indent: 2) }
        if let target = names.compactMap({ name in second.networks.first { $0.network == name } }).first(where: {
            place in first.networks.contains { $0.network == place.network }
        }) {
            let address = target.address.prefix { $0 != "/" }
            page.look("docker exec \(first.name) ping -c 1 \(address)")
        }
        return page.text
    }

    /// The number of a namespace: `4026532281` of `net:[4026532281]`.
    private static func inode(_ link: String?) -> String {
        guard let link, let open = link.firstIndex(of: "["), let close = link.lastIndex(of: "]") else { return "-" }
        return String(link[link.index(after: open)..<close])
    }

    private static func amounts(
        _ first: ContainerView, _ second: ContainerView
    ) -> [(name: String, CompareVoice.Amount, CompareVoice.Amount)] {
        func amount(_ counters: ContainerView.Counters?, _ make: (ContainerView.Counters) -> CompareVoice.Amount)
            -> CompareVoice.Amount
        { counters.map(make) ?? .none }
        func memory(_ view: ContainerView) -> CompareVoice.Amount {
            amount(view.counters) { counters in
                .of(
                    TemplateFilter.bytes(Int64(clamping: counters.memory)),
                    limit: counters.memoryLimit == 0
                        ? nil : TemplateFilter.bytes(Int64(clamping: counters.memoryLimit)))
            }
        }
        func tasks(_ view: ContainerView) -> CompareVoice.Amount {
            amount(view.counters) {
                .of("\($0.tasks)", limit: $0.tasksLimit == 0 ? nil : "\($0.tasksLimit)")
            }
        }
        func time(_ view: ContainerView) -> CompareVoice.Amount {
            amount(view.counters) { .plain(TemplateFilter.time(Int64(clamping: $0.processorTime))) }
        }
        var rows = [
            ("memory", memory(first), memory(second)), ("cpu time", time(first), time(second)),
            ("tasks", tasks(first), tasks(second)),
        ]
        // The files that differ and are not told above, by their names.
        func values(_ view: ContainerView) -> [(String, String)] {
            view.limits.map { (String($0.file.split(separator: "/").last ?? ""), $0.value) }
        }
        let other = values(second)
        for (name, value) in values(first) {
            guard !name.hasPrefix("memory"), !name.hasPrefix("pids"),
                let found = other.first(where: { $0.0 == name }), found.1 != value
            else { continue }
            rows.append((name, .plain(value), .plain(found.1)))
        }
        return rows
    }
}

/// Rows of four cells: a label, one cell for each container, and what follows from it.
private struct CompareTable {
    let label: Int
    let cell: Int

    init(columns: Int) {
        label = columns < 76 ? 11 : 18
        cell = max(15, min(24, (columns - label - 14) / 2))
    }

    func row(_ name: String, _ first: String, _ second: String, _ verdict: String) -> String {
        let text = fitted(name, label) + fitted(first, cell) + fitted(second, cell) + verdict
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    private func fitted(_ text: String, _ columns: Int) -> String {
        let text = LongNumbers.shortened(text)
        guard DisplayWidth.of(text) >= columns else { return text.padded(to: columns) }
        // A word too wide keeps its beginning; one blank at least stands between two cells.
        return String(TextWrapping.prefix(of: text[...], columns: columns - 3)) + ".. "
    }
}

extension Array where Element: Hashable {
    /// Each element once, where it stands first.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

/// What the comparison says, in each language.
struct CompareVoice {
    /// How much of something a container uses or may use.
    enum Amount {
        case none
        case plain(String)
        case of(String, limit: String?)
    }

    let language: Language

    private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    func title(_ first: String, _ second: String) -> String {
        say("\(first) and \(second): what they share, and what not", "\(first) 컨테이너와 \(second) 컨테이너: 함께 쓰는 것과 따로 쓰는 것")
    }
    var status: String { say("status", "상태") }
    var image: String { say("image", "이미지") }
    func verdict(_ isSame: Bool) -> String { isSame ? say("same", "같음") : say("different", "다름") }

    var namespaces: String { say("NAMESPACES: what each sees", "네임스페이스(namespace): 각자 보는 것") }
    func sharing(_ first: ContainerView.Namespace?, _ second: ContainerView.Namespace?) -> String {
        guard let first, let second else { return "" }
        guard first.link == second.link else { return say("each its own", "따로") }
        switch first.owner {
        case .own: return say("SHARED", "함께 사용")
        case .node: return say("the node's", "노드의 것")
        case .machine: return say("the machine's", "컴퓨터의 것")
        }
    }
    var nobodyRuns: String {
        say("Neither runs: namespaces belong to processes.", "둘 다 실행 중이 아닙니다. 네임스페이스는 프로세스에 속합니다.")
    }

    var limits: String { say("CGROUPS: what each uses, and may use", "cgroup: 각자 사용량과 제한") }
    func amount(_ name: String) -> String {
        switch name {
        case "memory": say("memory", "메모리")
        case "cpu time": say("cpu time", "CPU 시간")
        case "tasks": say("tasks", "태스크")
        default: name
        }
    }
    func text(_ amount: Amount) -> String {
        switch amount {
        case .none: "-"
        case .plain(let text): text
        case .of(let text, let limit): limit.map { "\(text) / \($0)" } ?? text
        }
    }

    var layers: String { say("LAYERS: what each reads", "레이어(layer): 각자 읽는 것") }
    func sharedLayers(_ shared: Int, of first: Int, _ second: Int) -> String {
        if shared == 0 {
            return say("No image layer is shared.", "함께 쓰는 이미지 레이어가 없습니다.")
        }
        return say(
            "\(shared == 1 ? "1 image layer is" : "\(shared) image layers are") on disk once and read by both (they have \(first) and \(second)).",
            "이미지 레이어 \(shared)개는 디스크에 한 번만 있고 둘이 함께 읽습니다(각각 \(first)개와 \(second)개 중).")
    }
    var ownLayers: String {
        say("The writable layer on top is each one's own.", "맨 위의 쓰기 레이어는 각자의 것입니다.")
    }

    var networks: String { say("NETWORKS: where each can be reached", "네트워크: 각자의 주소") }
    var noNetworks: String { say("Neither has a cable.", "둘 다 케이블이 없습니다.") }
}
