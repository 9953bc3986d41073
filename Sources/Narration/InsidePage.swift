public import EngineAPI

extension Narrator {
    /// A container on one page: what it is made of, from both sides, as the kernel has it now.
    public func inside(_ view: ContainerView) -> String {
        var page = newPage()
        let words = ViewVoice(language: language)
        page.paragraph(words.title(view), style: .heading)
        if view.isSimulated { page.paragraph(voice.simulatedNote, style: .note) }
        if view.processes.isEmpty { page.paragraph(words.noProcess(view), indent: 2) }
        showProcesses(view, words, on: &page)
        showNamespaces(view, words, on: &page)
        showCgroup(view, words, on: &page)
        showLayers(view, words, on: &page)
        showMounts(view, words, on: &page)
        showNetworks(view, words, on: &page)
        return page.text
    }

    private func showProcesses(_ view: ContainerView, _ words: ViewVoice, on page: inout Page) {
        guard let first = view.processes.first else { return }
        page.paragraph(words.processes, style: .heading)
        let (here, inside, command) = words.processColumns(view.name)
        let columns = (max(8, DisplayWidth.of(here)), max(8, DisplayWidth.of(inside)))
        page.row(
            "  " + here.rightAligned(to: columns.0) + "  " + inside.rightAligned(to: columns.1) + "  " + command,
            style: .note)
        for process in view.processes {
            page.row(
                "  " + "\(process.pid)".rightAligned(to: columns.0) + "  "
                    + "\(process.innerPid)".rightAligned(to: columns.1) + "  " + process.command)
        }
        offer("!grep NSpid /proc/\(first.pid)/status", in: view, on: &page)
        offer("docker exec \(view.name) ps", in: view, on: &page)
    }

    private func showNamespaces(_ view: ContainerView, _ words: ViewVoice, on page: inout Page) {
        guard let first = view.processes.first, !view.namespaces.isEmpty else { return }
        page.paragraph(words.namespaces, style: .heading)
        for namespace in view.namespaces {
            page.row(
                "  " + namespace.kind.padded(to: 7) + namespace.link.padded(to: 21) + words.owner(namespace.owner))
        }
        offer("!ls -l /proc/\(first.pid)/ns", in: view, on: &page)
    }

    private func showCgroup(_ view: ContainerView, _ words: ViewVoice, on page: inout Page) {
        guard let cgroup = view.cgroup else { return }
        page.paragraph(words.cgroup(LongNumbers.shortened(cgroup)), style: .heading)
        if let counters = view.counters {
            for (name, text) in words.counters(counters) { page.row("  " + name.padded(to: 9) + text) }
        }
        for limit in view.limits {
            page.evidence(limit.value, source: limit.file, shortensSource: true)
        }
        if let limit = view.limits.first { offer("!cat \(limit.file)", in: view, on: &page) }
    }

    private func showLayers(_ view: ContainerView, _ words: ViewVoice, on page: inout Page) {
        page.paragraph(words.layers(view.layers.count), style: .heading)
        page.row("  " + words.ownLayer(view.name, entries: view.upperEntries))
        for layer in view.layers { page.row("  " + words.sharedLayer(Self.shortLayer(layer))) }
        offer("docker diff \(view.name)", in: view, on: &page)
        offer("!ls -la \(view.upper)", in: view, on: &page)
    }

    /// What tells one layer's directory from another's: the beginning of its identity.
    static func shortLayer(_ directory: String) -> String {
        let name = directory.split(separator: "/").last { $0 != "diff" && $0 != "fs" } ?? ""
        return LongNumbers.shortened(String(name))
    }

    private func showMounts(_ view: ContainerView, _ words: ViewVoice, on page: inout Page) {
        guard !view.mounts.isEmpty else { return }
        page.paragraph(words.mounts(view.mounts.count), style: .heading)
        let hidden = view.mounts.filter { mount in
            ["/proc/", "/sys/", "/dev/"].contains { mount.target.hasPrefix($0) }
        }
        for mount in view.mounts where !hidden.contains(mount) {
            let access = mount.options.split(separator: ",").contains("ro") ? "ro" : "rw"
            page.row(
                "  " + mount.target.padded(to: 18) + " " + mount.type.padded(to: 8) + " " + access + "  "
                    + LongNumbers.shortened(mount.source))
        }
        if !hidden.isEmpty { page.row("  " + words.moreMounts(hidden.count), style: .note) }
        offer("docker exec \(view.name) mount", in: view, on: &page)
    }

    private func showNetworks(_ view: ContainerView, _ words: ViewVoice, on page: inout Page) {
        guard !view.processes.isEmpty else { return }
        page.paragraph(words.network, style: .heading)
        for place in view.networks {
            page.paragraph(words.cable(place), indent: 2)
            for port in place.ports { page.paragraph(words.port(port), indent: 2) }
        }
        if view.networks.isEmpty {
            let owner = view.namespaces.first { $0.kind == "net" }?.owner ?? .own
            page.paragraph(words.noCable(owner), indent: 2)
        }
        offer("docker exec \(view.name) ip address", in: view, on: &page)
        for place in view.networks { offer("@\(node) ip link show \(place.hostLink)", in: view, on: &page) }
    }

    /// Offers a command where it can show something: a simulated kernel has nothing for other programs, and a process
    /// that is gone can't be looked at.
    private func offer(_ command: String, in view: ContainerView, on page: inout Page) {
        let isForeign = command.hasPrefix("!") || command.hasPrefix("@")
        if view.isSimulated && isForeign { return }
        if view.processes.isEmpty && command.hasPrefix("docker exec") { return }
        page.look(LongNumbers.typable(command))
    }
}

/// What the pages about whole containers say, in each language.
struct ViewVoice {
    let language: Language

    private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    func title(_ view: ContainerView) -> String {
        let image = LongNumbers.shortened(view.image)
        return say(
            "\(view.name), made from \(image): \(view.status)", "\(view.name) 컨테이너, \(image) 이미지, 상태 \(view.status)")
    }

    func noProcess(_ view: ContainerView) -> String {
        say(
            "\(view.name) has no process now, so it has no namespaces, no cgroup and no network either. What is on disk remains.",
            "\(view.name) 컨테이너에는 지금 프로세스가 없습니다. 그래서 네임스페이스, cgroup, 네트워크도 없고, 디스크에 있는 것만 남아 있습니다.")
    }

    var processes: String {
        say("PROCESSES: each one has a number on either side", "프로세스: 같은 프로세스가 양쪽에서 다른 번호를 가집니다")
    }
    func processColumns(_ name: String) -> (here: String, inside: String, command: String) {
        language == .en ? ("here", "in \(name)", "command") : ("호스트", "안에서", "명령")
    }

    var namespaces: String { say("NAMESPACES of its first process", "첫 프로세스의 네임스페이스(namespace)") }
    func owner(_ owner: ContainerView.Owner) -> String {
        switch owner {
        case .own: say("not the machine's", "컴퓨터와 다름")
        case .node: say("the node's", "노드의 것")
        case .machine: say("the machine's", "컴퓨터와 같음")
        }
    }

    func cgroup(_ path: String) -> String { say("CGROUP \(path)", "cgroup 경로 \(path)") }
    func counters(_ counters: ContainerView.Counters) -> [(name: String, text: String)] {
        func limited(_ text: String, _ limit: String?) -> String {
            guard let limit else { return say("\(text), no limit", "\(text), 제한 없음") }
            return say("\(text) of \(limit)", "\(text), 제한 \(limit)")
        }
        return [
            (
                say("memory", "메모리"),
                limited(
                    TemplateFilter.bytes(Int64(clamping: counters.memory)),
                    counters.memoryLimit == 0
                        ? nil : TemplateFilter.bytes(Int64(clamping: counters.memoryLimit)))
            ),
            (
                say("cpu", "CPU"),
                say(
                    "\(TemplateFilter.time(Int64(clamping: counters.processorTime))) used so far",
                    "지금까지 \(TemplateFilter.time(Int64(clamping: counters.processorTime))) 사용")
            ),
            (
                say("tasks", "태스크"),
                limited("\(counters.tasks)", counters.tasksLimit == 0 ? nil : "\(counters.tasksLimit)")
            ),
        ]
    }

    func layers(_ number: Int) -> String {
        say(
            "LAYERS, topmost first: one of its own on \(number) of the image",
            "레이어(layer), 위에서부터: 자기 레이어 1개 아래 이미지 레이어 \(number)개")
    }
    func ownLayer(_ name: String, entries: Int) -> String {
        say(
            "its own       writable, \(entries == 1 ? "1 entry" : "\(entries) entries") at the top",
            "자기 것       쓰기 가능, 최상위 항목 \(entries)개")
    }
    func sharedLayer(_ name: String) -> String { say("\(name)  read-only", "\(name)  읽기 전용") }

    func mounts(_ number: Int) -> String { say("MOUNTS, \(number) in all", "마운트(mount), 모두 \(number)개") }
    func moreMounts(_ number: Int) -> String {
        say("and \(number) more below /proc, /sys and /dev", "그 밖에 /proc, /sys, /dev 아래 \(number)개")
    }

    var network: String { say("NETWORK", "네트워크") }
    func cable(_ place: ContainerView.Attachment) -> String {
        var text = say(
            "\(place.interface) \(place.address), a cable to \(place.hostLink) on \(place.bridge) (network \(place.network))",
            "\(place.interface) 인터페이스, 주소 \(place.address), 케이블 반대쪽 \(place.hostLink), 브리지 \(place.bridge), 네트워크 \(place.network)"
        )
        if let gateway = place.gateway { text += say(", default via \(gateway)", ", 기본 경로 \(gateway)") }
        return text
    }
    func port(_ text: String) -> String { say("published: \(text)", "공개된 포트: \(text)") }
    func noCable(_ owner: ContainerView.Owner) -> String {
        switch owner {
        case .own: say("only lo, which leads nowhere else", "lo 인터페이스만 있어 밖으로 나갈 수 없습니다")
        case .node:
            say("it is in the node's own network: no cable, no address of its own", "노드의 네트워크 안에 있습니다. 자기 주소가 없습니다")
        case .machine: say("it is in the machine's network", "이 컴퓨터의 네트워크 안에 있습니다")
        }
    }
}
