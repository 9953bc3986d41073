import EngineAPI
import Narration
import OrderedJSON
import Testing

@testable import Observation

/// The files of the machine that the recorded engine ran on.
private struct RecordedFiles: MachineFiles {
    var texts: [String: String] = [:]
    var links: [String: String] = [:]
    var directories: [String: Int] = [:]

    func text(_ path: String) -> String? { texts[path] }
    func link(_ path: String) -> String? { links[path] }
    func entryCount(_ path: String) -> Int? { directories[path] }

    /// Those of the same machine.
    static var here: RecordedFiles {
        var files = RecordedFiles()
        let process = "/proc/\(RecordedEngine.pid)"
        files.texts = [
            "\(process)/status": RecordedEngine.status, "\(process)/cgroup": RecordedEngine.cgroup,
            "\(process)/mountinfo": RecordedEngine.mountinfo, "\(process)/net/route": RecordedEngine.route,
            "/proc/self/mountinfo": RecordedEngine.ownMounts,
            "/sys/fs/cgroup/memory/docker/\(RecordedEngine.id)/memory.limit_in_bytes": "67108864\n",
        ]
        for (number, kind) in ["mnt", "uts", "ipc", "pid", "net", "user", "cgroup"].enumerated() {
            // A container of Docker shares the user and, on version 1, the cgroup namespace.
            let own = number < 5 ? number : 100 + number
            files.links["\(process)/ns/\(kind)"] = "\(kind):[\(own)]"
            files.links["/proc/self/ns/\(kind)"] = "\(kind):[\(100 + number)]"
        }
        files.links["\(process)/exe"] = "/bin/busybox"
        return files
    }

    /// Those of another machine, on which another process has the number.
    static var elsewhere: RecordedFiles {
        var files = here
        files.texts["/proc/\(RecordedEngine.pid)/cgroup"] = "0::/user.slice/session-1.scope"
        files.texts["/proc/\(RecordedEngine.pid)/mountinfo"] = "1 0 8:1 / / rw - ext4 /dev/sda1 rw"
        return files
    }
}

private struct RecordedAnswers: EngineQuestions {
    func answer(_ path: String) -> JSON? {
        if path.hasPrefix("/containers/") { return try? JSON(parsing: RecordedEngine.inspection) }
        if path.hasPrefix("/images/") { return try? JSON(parsing: RecordedEngine.image) }
        return path == "/networks/bridge" ? try? JSON(parsing: RecordedEngine.network) : nil
    }
}

struct ObservedStoryTests {
    private func story(_ files: RecordedFiles) -> ObservedStory {
        var story = ObservedStory()
        story.sights[RecordedEngine.id] = ContainerSight(of: "web", asking: RecordedAnswers(), files: files)
        return story
    }

    private func records(_ files: RecordedFiles) throws -> [StepRecord] {
        let events = try RecordedEngine.events.split(separator: "\n").compactMap { line in
            EngineEvent(try JSON(parsing: String(line)))
        }
        return story(files).records(of: events)
    }

    @Test func eventsBecomeOperationsInTheirOrder() throws {
        let records = try records(.here)
        var titles: [String] = []
        for record in records where titles.last != record.title { titles.append(record.title) }
        #expect(
            titles == ["create container", "start container", "stop container", "container ended", "remove container"])
        #expect(records.allSatisfy { $0.state == .observed && $0.object == "web" && $0.duration == 0 })
    }

    @Test func eachRecordHasTheFactsOfItsKind() throws {
        for record in try records(.here) {
            #expect(Set(record.facts.keys).subtracting(["second"]) == Set(record.kind.factNames), "\(record.kind)")
        }
    }

    @Test func startTellsWhatProcShows() throws {
        let records = try records(.here)
        let clone = try #require(records.first { $0.kind == .processClone })
        #expect(clone.facts["pid"] == .integer(RecordedEngine.pid))
        #expect(clone.facts["innerPid"] == 1)
        #expect(clone.facts["namespaces"] == ["mnt", "uts", "ipc", "pid", "net"])
        let limit = try #require(records.first { $0.kind == .cgroupLimit })
        #expect(limit.facts["value"] == "67108864")
        #expect(limit.evidence.map(\.text) == ["67108864"])
        let address = try #require(records.first { $0.kind == .addressAssign })
        #expect(address.facts["interface"] == "eth0")
        #expect(address.facts["address"] == "172.17.0.2/16")
        let route = try #require(records.first { $0.kind == .routeAdd })
        #expect(route.facts["gateway"] == "172.17.0.1")
        #expect(records.first { $0.kind == .capabilitiesDrop }?.facts["kept"] == 14)
        #expect(records.first { $0.kind == .overlayMount }?.facts["layers"] == 2)
        #expect(
            records.filter { $0.kind == .portPublish }.map { $0.facts["address"] } == ["0.0.0.0:8080", "[::]:8080"])
    }

    /// A number that an engine elsewhere gives means another process here: nothing of it may be told.
    @Test func processOfAnotherMachineIsNotLookedAt() throws {
        let kinds = Set(try records(.elsewhere).map(\.kind))
        #expect(kinds.isDisjoint(with: [.processClone, .cgroupCreate, .capabilitiesDrop, .seccompLoad, .rootPivot]))
        #expect(kinds.isSuperset(of: [.containerCreate, .overlayMount, .addressAssign, .processExecute, .processEnd]))
    }

    @Test func stopOfTwoSignalsIsOneOperation() throws {
        let signals = try records(.here).filter { $0.kind == .processSignal }
        #expect(signals.map { $0.facts["signal"] } == ["SIGTERM", "SIGKILL"])
        #expect(Set(signals.map(\.operation)).count == 1)
        #expect(signals.map(\.index) == [1, 2])
    }

    /// Whether a removed layer was empty is only said where it was looked at right before.
    @Test func layerThatWasNotSeenIsNotCalledEmpty() throws {
        #expect(try records(.here).allSatisfy { $0.kind != .layerDelete })
    }

    @Test(arguments: [Language.en, .ko]) func narrationSaysThatItWasObserved(_ language: Language) throws {
        let narrator = Narrator(language: language, level: .deep, columns: 100, colours: false)
        let text = narrator.narrate(try records(.here), command: ["run", "-d", "busybox"])
        #expect(text.contains(language == .en ? "START (observed)" : "START (관찰)"))
        #expect(text.contains("NSpid: \(RecordedEngine.pid) 1"))
        // How Drydock's own engine does it is not told of another one.
        #expect(!text.contains("clone3") && !text.contains("fsopen") && !text.contains("@node1"))
    }

    @Test(arguments: [Language.en, .ko]) func eachObservedStepHasWords(_ language: Language) throws {
        for record in try records(.here) {
            let narrator = Narrator(language: language, level: .brief, columns: 100, colours: false)
            let text = narrator.narrate([record], command: ["run"])
            let line = text.split(separator: "\n").first.map(String.init) ?? ""
            #expect(!line.contains(record.command), "\(record.kind) has no words: \(line)")
        }
    }
}
