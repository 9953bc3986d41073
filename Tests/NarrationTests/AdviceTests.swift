import EngineAPI
import Testing

@testable import Narration

@Suite("Advice on commands that failed")
struct AdviceTests {
    /// What docker says, and the line that is offered first.
    static let cases: [(words: String, message: String, repair: String)] = [
        (
            "run --rm busybox -it",
            "docker: Error response from daemon: … process: exec: \"-it\": executable file not found in $PATH: unknown",
            "docker run -it --rm busybox"
        ),
        ("exec --name web ls", "unknown flag: --name\n\nUsage:  docker exec …", "docker exec web ls"),
        ("exec --name=web ls", "unknown flag: --name\n\nUsage:  docker exec …", "docker exec web ls"),
        ("attach web", "You cannot attach to a stopped container, start it first", "docker start -ai web"),
        (
            "exec web ls", "Error response from daemon: Container web is paused, unpause the container before exec",
            "docker unpause web"
        ),
        (
            "rm web",
            "Error response from daemon: You cannot remove a running container 01ab. Stop the container before",
            "docker stop web"
        ),
        (
            "run -d -p 8080:80 lab/web",
            "docker: Error response from daemon: … Bind for 0.0.0.0:8080 failed: port is already allocated",
            "docker run -d -p 8081:80 lab/web"
        ),
        (
            "run --name web lab/web",
            "Conflict. The container name \"/web\" is already in use by container \"01ab\". You have to remove",
            "docker rm -f web"
        ),
        (
            "run busyboy true", "Unable to find image 'busyboy:latest' locally\ndocker: Error …",
            "docker run busybox true"
        ),
        ("start wob", "Error response from daemon: No such container: wob", "docker start web"),
        ("run busybox bash", "exec: \"bash\": executable file not found in $PATH: unknown", "docker run busybox sh"),
        ("exec web ls", "Error response from daemon: Container 01ab is not running", "docker start web"),
        ("kill --signal HUP web", "Error response from daemon: Container 01ab is not running", "docker start web"),
        (
            "volume rm data", "Error response from daemon: remove data: volume is in use - [0123456789abcdef]",
            "docker rm -f 0123456789ab"
        ),
        (
            "run --network nonet busybox", "docker: Error response from daemon: network nonet not found",
            "docker network create nonet"
        ),
        ("network rm nonet", "Error response from daemon: network nonet not found", "docker network ls"),
        (
            "run --name b busybox b",
            "docker: Error response from daemon: Invalid container name (b), only [a-zA-Z0-9]",
            "docker run --name b1 busybox b"
        ),
        (
            "run --name=my/web busybox", "docker: Error response from daemon: Invalid container name (my/web), only",
            "docker run --name=my-web busybox"
        ),
        (
            "rename web w", "Error when allocating new name: Invalid container name (/w), only [a-zA-Z0-9]",
            "docker rename web w1"
        ),
        (
            "run -v notes:data:ro busybox",
            "docker: Error response from daemon: invalid volume specification: 'notes:data:ro': invalid mount config for "
                + "type \"volume\": invalid mount path: 'data' mount path must be absolute",
            "docker run -v notes:/data:ro busybox"
        ),
        ("run -it busybox", "the input device is not a TTY", "docker run -i busybox"),
    ]

    private let around = Surroundings(
        containerNear: { $0 == "wob" ? "web" : nil }, imageNear: { $0 == "busyboy" ? "busybox" : nil },
        images: { ["busybox", "lab/web"] }, publisher: { _ in nil })

    @Test("The likeliest repair comes first, and is a whole line", arguments: AdviceTests.cases.indices)
    func repair(place: Int) throws {
        let (words, message, repair) = Self.cases[place]
        let failure = FailedCommand(words: words.split(separator: " ").map(String.init), message: message, code: 1)
        for language in Language.allCases {
            let advice = try #require(Advice.on(failure, in: language, around: around), "\(message)")
            #expect(advice.repairs.first?.command == repair)
            #expect(advice.repairs.count <= 2)
            #expect(advice.why.hasSuffix("."))
            if language == .ko { #expect(advice.why.hasSuffix("다.")) }
        }
    }

    @Test("What is not known gets no advice")
    func unknown() {
        let failure = FailedCommand(words: ["run", "x"], message: "something new went wrong", code: 1)
        #expect(Advice.on(failure, in: .en) == nil)
        let page = Narrator(language: .en, level: .full, columns: 80, colours: false).explain(failure, advice: nil)
        #expect(page.contains("something new went wrong"))
    }

    @Test("A detached shell without an input is told of, one with a terminal or a command is not")
    func detachedShell() {
        func advice(_ words: [String], _ change: Facts) -> Advice? {
            let facts: Facts = ["path": "sh", "arguments": [], "detached": true, "terminal": false]
            var record = SampleRecords.record(
                .processExecute, command: "execve sh", changing: facts.merging(change) { $1 })
            record.title = "start container"
            return Advice.onDetachedShell(words, [record], in: .en)
        }
        #expect(advice(["run", "-d", "busybox"], [:])?.repairs.first?.command == "docker run -dit busybox")
        #expect(advice(["run", "-dt", "busybox"], ["terminal": true]) == nil)
        #expect(advice(["run", "-d", "busybox", "sh", "-c", "x"], ["arguments": ["-c", "x"]]) == nil)
        #expect(advice(["run", "busybox"], ["detached": false]) == nil)
    }

    @Test("A pattern's gaps are what stands there")
    func patterns() {
        let pattern: AdvicePattern = "network {} not found"
        #expect(pattern.captures(in: "x\nnetwork net1 not found\n") == ["net1"])
        #expect(pattern.captures(in: "network \nnot found") == nil)
        #expect(("a {} b {}" as AdvicePattern).captures(in: "a 1 b 2 c") == ["1", "2 c"])
    }
}
