import EngineAPI
import Glibc
import Posix
import Testing

@testable import Narration

@Suite("Narration")
struct NarratorTests {
    private func narrator(
        _ level: NarrationLevel, _ language: Language = .en, columns: Int = 80, colours: Bool = false,
        concepts: MetConcepts? = MetConcepts(directory: nil)
    ) -> Narrator {
        Narrator(language: language, level: level, columns: columns, colours: colours, concepts: concepts)
    }

    private let command = ["run", "-d", "--name", "web", "lab/web"]

    @Test("A limit that was given is looked at in its own file, not in that of a limit that was not")
    func looksAtTheLimitThatWasGiven() {
        let quota = "/sys/fs/cgroup/cpu/drydock/3f9a71c0de42/cpu.cfs_quota_us"
        let limit = SampleRecords.record(
            .cgroupLimit, command: "echo 50000 > \(quota)",
            changing: ["resource": "cpuQuota", "value": "50000 100000"],
            evidence: [.init(source: quota, text: "50000")])
        let made = SampleRecords.record(
            .cgroupCreate, command: "mkdir", evidence: [.init(source: "/sys/fs/cgroup/memory/x", text: "max")])
        let records = SampleRecords.numbered([made, limit], "s1", "start container", at: 1_000_000_000)
        let looks = narrator(.full).narrate(records, command: ["start", "web"]).split(separator: "\n").filter {
            $0.hasPrefix("|   >")
        }
        #expect(looks == ["|   > !cat \(quota)"])
    }

    @Test("What images and containers are called and say steers nobody's terminal", arguments: Language.allCases)
    func controlCharactersAreMarks(language: Language) {
        let hostile = "a\u{1B}]0;title\u{07}\u{9B}31m\u{202E}\u{0}\r\u{8}b"
        for level in NarrationLevel.allCases {
            for operation in SampleOperations.all {
                let records = operation.records.map { record in
                    var record = record
                    record.command += hostile
                    record.facts = record.facts.mapValues {
                        if case .string(let text) = $0 { .string(text + hostile) } else { $0 }
                    }
                    record.evidence = record.evidence.map {
                        .init(source: $0.source + hostile, text: $0.text + hostile)
                    }
                    return record
                }
                let text = narrator(level, language).narrate(records, command: operation.command + [hostile])
                for scalar in text.unicodeScalars where scalar != "\n" {
                    #expect(
                        !(0..<0x20).contains(scalar.value) && !(0x7F..<0xA0).contains(scalar.value),
                        "\(text.debugDescription)")
                    #expect(scalar != "\u{202E}")
                }
            }
        }
    }

    @Test("Off tells nothing, and so does a command that did nothing")
    func silence() {
        #expect(narrator(.off).narrate(SampleRecords.run, command: command).isEmpty)
        #expect(narrator(.full).narrate([], command: ["ps"]).isEmpty)
    }

    @Test(
        "No line is wider than the terminal or than 100 columns; only a command to type may be",
        arguments: [60, 80, 120, 200], Language.allCases)
    func fitsTheTerminal(columns: Int, language: Language) {
        for level in NarrationLevel.allCases {
            for operation in SampleOperations.all {
                let text = narrator(level, language, columns: columns).narrate(
                    operation.records, command: operation.command)
                for line in text.split(separator: "\n") where !line.hasPrefix("|   >") {
                    #expect(DisplayWidth.of(line) <= min(columns, 100), "\(line)")
                }
            }
        }
    }

    @Test("The adaptive level takes at most 24 lines at 80 columns, the end of the container included")
    func adaptiveIsShort() {
        for language in Language.allCases {
            let narrator = narrator(.adaptive, language)
            for _ in 0..<5 {
                let first = narrator.narrate(SampleRecords.run, command: command)
                let lines = first.utf8.count { $0 == 0x0A }
                let last = narrator.narrate(
                    SampleRecords.ended, command: command, earlier: SampleRecords.run, linesTold: lines)
                #expect(!last.isEmpty)
                #expect(lines + last.utf8.count { $0 == 0x0A } <= 24)
            }
        }
    }

    @Test("A newcomer has a concept explained, with evidence, on a narrow terminal, too", arguments: Language.allCases)
    func adaptiveExplainsOnNarrowTerminals(language: Language) {
        let text = narrator(.adaptive, language, columns: 60, concepts: MetConcepts(directory: nil)).narrate(
            SampleRecords.run, command: command)
        #expect(text.contains("\n|   = "))
        #expect(text.utf8.count { $0 == 0x0A } <= Narrator.adaptiveLines)
    }

    @Test("The adaptive level opens each concept once, then tells all in brief")
    func adaptiveLearns() throws {
        let concepts = MetConcepts(directory: nil)
        let narrator = narrator(.adaptive, concepts: concepts)
        let brief = self.narrator(.brief).narrate(SampleRecords.run, command: command)
        var texts: [String] = []
        for _ in 0..<12 { texts.append(narrator.narrate(SampleRecords.run, command: command)) }
        #expect(texts[0].contains("An image is files") && !texts[1].contains("An image is files"))
        #expect(texts.last == brief)
        #expect(concepts.contains("namespace") && concepts.contains("legend"))
        try concepts.removeAll()
        #expect(narrator.narrate(SampleRecords.run, command: command) == texts[0])
    }

    @Test("A command whose program this machine lacks is not offered")
    func missingProgramsAreNotOffered() {
        var narrator = narrator(.deep)
        let whole = narrator.narrate(SampleRecords.run, command: command)
        #expect(whole.contains("> @node1 ip link show"))
        narrator.missingPrograms = ["ip"]
        let rest = narrator.narrate(SampleRecords.run, command: command)
        #expect(!rest.contains("> @node1 ip") && rest.contains("> !grep NSpid"))
        #expect(rest.contains("> docker exec web ip address"))
        let all = ExplanationCatalog.programs
        #expect(all.isSuperset(of: ["ip", "nft", "bridge", "grep"]) && !all.contains("kill"))
        #expect(ExplanationCatalog.missingPrograms(path: "/nowhere") == all)
    }

    @Test("The concepts of a lesson are opened although they were met")
    func focusOpens() throws {
        let concepts = MetConcepts(directory: nil)
        try concepts.insert(StepGroup.table.map(\.concept))
        var narrator = narrator(.adaptive, concepts: concepts)
        narrator.focus = ["namespace"]
        let text = narrator.narrate(SampleRecords.run, command: command)
        #expect(text.contains("One system call") && !text.contains("An image is files"))
    }

    @Test("What was met is kept in a file, and a broken file counts as none")
    func conceptsAreKept() throws {
        let directory = "/tmp/drydock-concepts-\(getpid())/learner"
        try MetConcepts(directory: directory).insert(["image", "cgroup"])
        #expect(MetConcepts(directory: directory).all == ["cgroup", "image"])
        try Files.replace(directory + "/concepts.json", with: Array("{".utf8))
        #expect(MetConcepts(directory: directory).all.isEmpty)
        try Files.removeTree(Files.parent(of: directory))
    }

    @Test("The numbers of the screen are those of why and evidence")
    func numbersAgree() {
        let narrator = narrator(.brief)
        let lines = narrator.narrate(SampleRecords.run, command: command).split(separator: "\n")
        for number in 1...8 {
            let label = lines.first { $0.hasPrefix("| \(number) ") }?.split(separator: " ")[2]
            #expect(label != nil)
            for page in [narrator.why(number, in: SampleRecords.run), narrator.evidence(number, in: SampleRecords.run)]
            {
                #expect(page.split(separator: " ")[2] == label)
            }
        }
        #expect(narrator.why(9, in: SampleRecords.run).contains("There is no step 9"))
        #expect(narrator.why(1, in: []).contains("Nothing has been narrated yet"))
    }

    @Test("What is told later goes on counting")
    func numbersGoOn() {
        let text = narrator(.brief).narrate(SampleRecords.ended, command: command, earlier: SampleRecords.run)
        #expect(text.contains("|  9 end "))
        #expect(!text.contains("image"))
    }

    @Test("Steps lists every step once, in the order in which it happened, with its number")
    func stepsListsAll() {
        let rows = narrator(.brief, columns: 200).steps(SampleRecords.run).split(separator: "\n").dropFirst().dropLast()
        #expect(rows.count == SampleRecords.run.count)
        for (row, record) in zip(rows, SampleRecords.run) { #expect(row.contains(" \(record.kind.rawValue) ")) }
    }

    @Test("A step that failed is said, with the reason, and what became of those before it")
    func failure() {
        for level in [NarrationLevel.brief, .adaptive, .full] {
            let text = narrator(level).narrate(SampleOperations.failedStart, command: command)
            #expect(text.contains("FAILED: ip link add"))
            #expect(text.contains("(ENOSPC)"))
            #expect(text.contains("2 earlier steps were undone, last first"))
        }
        let later = narrator(.adaptive).narrate(
            SampleOperations.failedStart, command: command, earlier: Array(SampleRecords.run.prefix(3)), linesTold: 20)
        #expect(later.contains("FAILED: ip link add") && later.contains("undone"))
    }

    @Test("An undoing that failed is not called undone")
    func failedUndoing() {
        var records = SampleOperations.failedStart
        records[records.count - 1].state = .failed
        records[records.count - 1].failure = StepFailure(errnoName: "EBUSY", message: "could not take it back: EBUSY")
        let text = narrator(.brief).narrate(records, command: command)
        #expect(text.contains("This could not be undone: mkdir"))
        #expect(!text.contains("the machine is as it was"))
    }

    @Test("Two procedures of one operation that both count from 1 are told apart")
    func proceduresOfOneOperation() {
        let text = narrator(.brief).narrate(SampleOperations.removedByForce, command: ["rm", "-f", "web"])
        for label in ["1 signal", "2 removed"] { #expect(text.contains(label)) }
        #expect(!text.contains("undone") && !text.contains("FAILED"))
    }

    @Test("A plan says that nothing is done, and offers nothing to look at")
    func plan() {
        let text = narrator(.full).narrate(SampleOperations.planned, command: command)
        #expect(text.contains("Nothing is.") && text.contains("(plan)"))
        #expect(!text.contains("|   >") && !text.contains("|   =") && !text.contains(" ms"))
        #expect(text.contains("Inside web it is PID 1"))
    }

    @Test("What happened in the simulated kernel is marked, and what only a real one shows is not offered")
    func simulated() {
        let text = narrator(.full).narrate(SampleOperations.simulated, command: command)
        #expect(text.contains("(simulated)") && text.contains("a model in memory"))
        for look in text.split(separator: "\n") where look.hasPrefix("|   >") {
            #expect(!look.contains("!") && !look.contains("@") && !look.contains("docker exec"))
        }
        #expect(text.contains("> docker logs web"))
    }

    @Test("Commands to look with are those that can be typed")
    func looksCanBeTyped() {
        func looks(_ command: [String], _ records: [StepRecord]) -> [Substring] {
            narrator(.full).narrate(records, command: command).split(separator: "\n").filter { $0.hasPrefix("|   >") }
        }
        let foreground = SampleOperations.foreground
        // While the shell waits, what belongs to the process can't be looked at; with --rm, nothing of the container.
        for look in looks(["run", "lab/web"], foreground) {
            #expect(!look.contains("/proc/") && !look.contains("docker exec"))
        }
        #expect(looks(["run", "lab/web"], foreground).contains { $0.contains("docker logs web") })
        let removed = looks(["run", "--rm", "lab/web"], foreground)
        #expect(removed.allSatisfy { $0.contains("lab/web") || !$0.contains("web") }, "\(removed)")
        // With a terminal one is inside.
        let inside = looks(["run", "-it", "lab/web"], SampleOperations.interactive)
        #expect(inside.contains { $0.contains("> ip address") && $0.hasSuffix("in web") })
        #expect(looks(command, SampleRecords.run).contains { $0.contains("!grep NSpid /proc/48213/status") })
        // Afterwards the process is gone.
        let why = narrator(.full).why(4, in: SampleRecords.run + SampleRecords.ended, command: command)
        #expect(!why.contains("/proc/48213/status\n|   >") && !why.contains("!grep"))
    }

    @Test("Long IDs are cut on the screen so that commands can still be typed")
    func longNumbers() {
        let id = SampleRecords.id
        #expect(LongNumbers.shortened("mkdir /a/\(id)/upper") == "mkdir /a/3f9a71c0de42.../upper")
        #expect(LongNumbers.shortened("sha256:\(id)") == "sha256:3f9a71c0de42")
        #expect(LongNumbers.typable("!cat /a/\(id)/b") == "!cat /a/3f9a71c0de42*/b")
        #expect(LongNumbers.shortened("no number") == "no number")
    }

    @Test("Colours add nothing but colours, and control characters of evidence never reach the terminal")
    func colours() {
        let plain = narrator(.full).narrate(SampleRecords.run, command: command)
        let coloured = narrator(.full, colours: true).narrate(SampleRecords.run, command: command)
        var stripped = ""
        var isCode = false
        for character in coloured {
            if character == "\u{1B}" { isCode = true } else if !isCode { stripped.append(character) }
            if isCode && character == "m" { isCode = false }
        }
        #expect(coloured != plain && stripped == plain)
        var evil = SampleRecords.run
        evil[0].evidence = [Evidence(source: "/etc/x", text: "a\u{1B}[2Jb\u{9B}c\u{7}")]
        let text = narrator(.full).narrate(evil, command: command)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F..<0xA0).contains($0.value) })
    }

    @Test("A record without the facts it should have is told by its command")
    func missingFacts() {
        var records = SampleRecords.run
        for place in records.indices { records[place].facts = [:] }
        for level in NarrationLevel.allCases {
            let text = narrator(level).narrate(records, command: command)
            #expect(level == .off || text.contains("clone3("))
            #expect(!text.contains("{"))
        }
    }
}
