/// The narrator's own sentences, in each language.
struct Voice: Sendable {
    let language: Language

    private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    // MARK: Around a command

    var runIsCreateAndStart: String {
        say("run = create + start, in one command.", "run = create + start: 두 명령을 한 번에 실행합니다.")
    }

    var legend: String {
        say(
            "\"=\" was read back after the step; \">\" can be typed here.",
            "\"=\": 단계 뒤에 다시 읽은 값, \">\": 직접 입력해 볼 명령")
    }

    /// What an operation is, by the first word of its title: `START: a process begins in it`.
    func heading(_ title: String, object: String, isPlanned: Bool, isSimulated: Bool, isObserved: Bool = false)
        -> String
    {
        let verb = Self.verb(of: title)
        var mark = verb.uppercased()
        if isSimulated { mark += say(" (simulated)", " (시뮬레이션)") }
        if isPlanned { mark += say(" (plan)", " (계획)") }
        if isObserved { mark += say(" (observed)", " (관찰)") }
        guard let meaning = Self.meanings[title] ?? Self.meanings[verb] else { return mark + ": " + title }
        return mark + ": " + say(meaning.en, meaning.ko)
    }

    /// The word for an operation, from its title: `start` for `start container`.
    static func verb(of title: String) -> String {
        switch title {
        case "container ended": "end"
        case "start node": "node"
        default: title.split(separator: " ").first.map { $0.lowercased() } ?? title
        }
    }

    private static let meanings: [String: (en: String, ko: String)] = [
        "init swarm": ("nodes that share networks, with this one as manager", "네트워크를 함께 쓸 노드들이 생기고, 이 노드가 관리합니다"),
        "join swarm": ("this node shares the others' networks", "이 노드도 다른 노드의 네트워크를 함께 씁니다"),
        "leave swarm": ("this node is on its own again", "이 노드는 다시 혼자가 됩니다"),
        "add node": ("a further Docker host of the lab", "실습용 Docker 호스트가 하나 더 생깁니다"),
        "remove node": ("a Docker host with all that it had", "Docker 호스트를 그 안의 모든 것과 함께 없앱니다"),
        "change cable": ("how well a node is joined to the others", "노드와 다른 노드를 잇는 케이블의 상태가 바뀝니다"),
        "create": ("a container exists on disk; no process yet", "컨테이너가 디스크에 생기고 프로세스는 없습니다"),
        "create network": ("a bridge, addresses and rules; nobody is in it yet", "브리지, 주소, 규칙이 생깁니다. 아직 아무도 없습니다"),
        "connect network": ("one more cable into a running container", "실행 중인 컨테이너에 케이블을 하나 더 꽂습니다"),
        "disconnect network": ("a cable is pulled out of a container", "컨테이너에서 케이블을 뽑습니다"),
        "remove network": ("its bridge goes, and its addresses are free", "브리지가 없어지고 주소를 다시 쓸 수 있습니다"),
        "create volume": ("a directory with a name, that no container owns", "어느 컨테이너의 것도 아닌 디렉터리에 이름을 붙입니다"),
        "remove volume": ("its directory goes with all it holds", "디렉터리를 그 안의 것과 함께 지웁니다"),
        "commit": ("an image is made of what a container has written", "컨테이너가 쓴 것으로 이미지를 만듭니다"),
        "copy": ("files go into a container's tree", "컨테이너의 파일 트리에 파일을 넣습니다"),
        "update": ("limits change while it runs", "실행 중에 제한을 바꿉니다"),
        "rename": ("another name for the same container", "같은 컨테이너에 다른 이름을 붙입니다"),
        "tag": ("another name for the same image", "같은 이미지에 다른 이름을 붙입니다"),
        "push": ("an image goes to a registry", "이미지를 저장소(Registry)로 보냅니다"),
        "start": ("a process begins in it", "컨테이너 안에서 프로세스가 시작됩니다"),
        "restart": ("its process ends, a new one begins", "프로세스가 끝나고 새 프로세스가 시작됩니다"),
        "exec": ("one more process in a running container", "실행 중인 컨테이너에 프로세스를 하나 더합니다"),
        "stop": ("its first process is asked to end", "첫 프로세스에 종료를 요청합니다"),
        "signal": ("a signal to its first process", "첫 프로세스에 시그널을 보냅니다"),
        "node": ("a Docker host of the lab comes up", "실습용 Docker 호스트가 준비됩니다"),
        "kill": ("a signal to its first process", "첫 프로세스에 시그널을 보냅니다"),
        "end": ("what was made for the process is removed", "프로세스를 위해 만든 것을 정리합니다"),
        "remove": ("what is on disk goes, too", "디스크에 있던 것도 지웁니다"),
        "remove image": ("a name goes, and what nothing else needs", "이름을 없애고, 다른 곳에 필요 없는 것을 지웁니다"),
        "pause": ("everything in it stands still", "안의 모든 것이 멈춥니다"),
        "unpause": ("everything in it goes on", "안의 모든 것이 다시 움직입니다"),
        "load": ("images from an archive", "아카이브에서 이미지를 불러옵니다"),
        "import": ("an image from a tree of files", "파일 트리로 이미지를 만듭니다"),
        "pull": ("an image from a registry", "저장소(Registry)에서 이미지를 받습니다"),
    ]

    /// How the narration of a command ends.
    func total(shown: Int, of all: Int, time: String, isPlanned: Bool) -> String {
        if isPlanned {
            return say(
                "\(all) \(all == 1 ? "step" : "steps"), and none was done",
                "모두 \(all)단계이며, 아무것도 실행하지 않았습니다")
        }
        if all == 1 { return say("1 step, \(time)", "모두 1단계, \(time)") }
        if shown == all { return say("\(all) steps, \(time) in all", "모두 \(all)단계, \(time)") }
        return say("\(shown) of \(all) steps shown, \(time) in all", "\(all)단계 중 \(shown)단계 표시, 모두 \(time)")
    }

    func inside(_ container: String) -> String { say("in \(container)", "\(container) 컨테이너 안에서") }
    func why(_ number: Int) -> String {
        say("why \(number): more on step \(number)", "why \(number): \(number)번 더 자세히")
    }
    func allSteps(_ count: Int) -> String { say("steps: all \(count)", "steps: \(count)단계 모두") }

    var simulatedNote: String {
        say(
            "simulated: a model in memory did this; your machine's kernel was not asked.",
            "시뮬레이션: 메모리 속 모형에서 일어난 일이며, 이 컴퓨터의 커널은 쓰지 않았습니다.")
    }

    /// The mark of what happened on another node than the learner's.
    func elsewhere(_ node: String) -> String { say("ON \(node):", "\(node) 노드에서:") }

    /// - Parameter host: What the engine's host calls itself.
    func observedNote(_ host: String) -> String {
        say(
            "observed: the engine of \(host) did this; told is what its events, inspect and /proc show.",
            "관찰: \(host) 호스트의 엔진이 한 일이며, 이벤트와 inspect, /proc에서 보이는 것만 설명합니다.")
    }

    /// How the narration of what was seen from outside ends; how long it took is not known.
    func observed(_ count: Int) -> String {
        say("\(count) \(count == 1 ? "thing" : "things") observed", "모두 \(count)가지 관찰")
    }

    var planNote: String {
        say("This is what would be done. Nothing is.", "이렇게 하게 됩니다. 지금은 아무것도 하지 않습니다.")
    }

    // MARK: Failures

    var failed: String { say("FAILED", "실패") }

    /// What became of the steps before one that failed.
    ///
    /// - Parameters:
    ///   - count: How many were undone.
    ///   - before: How many had been done.
    func undone(_ count: Int, of before: Int, operation: String) -> String {
        let verb = Self.verb(of: operation).uppercased()
        if before == 0 { return say("Nothing of \(verb) had been done before.", "\(verb) 작업에서 먼저 한 일은 없습니다.") }
        if count == 0 {
            return say(
                "What \(verb) had done before it stays done.", "\(verb) 작업에서 먼저 한 일은 그대로 남아 있습니다.")
        }
        let things = count == 1 ? "1 earlier step was" : "\(count) earlier steps were"
        return say(
            "\(things) undone, last first: the machine is as it was before \(verb).",
            "앞선 \(count)단계를 마지막 것부터 되돌렸습니다. 컴퓨터는 \(verb) 작업 전과 같습니다.")
    }

    func notUndone(_ problem: String) -> String {
        say("This could not be undone: \(problem)", "다음은 되돌리지 못했습니다: \(problem)")
    }

    // MARK: Pages

    func noSuchStep(_ number: Int, last: Int) -> String {
        if last == 0 { return nothingYet }
        return say(
            "There is no step \(number): the last command that was explained has "
                + (last == 1 ? "step 1 only." : "the steps 1 to \(last)."),
            "\(number)번 단계가 없습니다. 마지막으로 설명한 명령의 단계는 "
                + (last == 1 ? "1번 하나입니다." : "1번부터 \(last)번까지입니다."))
    }

    var nothingYet: String {
        say(
            "Nothing has been narrated yet. Try: docker run hello-world",
            "아직 설명한 명령이 없습니다. 먼저 입력해 보십시오: docker run hello-world")
    }

    var noCalls: String {
        say(
            "Of these steps no call to the kernel is known: they are only planned, or another engine did them.",
            "이 단계들의 시스템 콜은 알 수 없습니다. 계획일 뿐이거나 다른 엔진이 한 일입니다.")
    }
    var noEvidence: String { say("nothing was read back", "다시 읽은 값 없음") }
    var stepColumns: (number: String, kind: String, time: String, command: String) {
        language == .en
            ? ("no", "step", "time", "done as one would type it") : ("번호", "단계", "시간", "직접 입력한다면")
    }
    var stepLegend: String {
        say(
            "The number is that of `why` and `evidence`; the rows are in the order in which things happened.",
            "번호는 `why`, `evidence` 명령에 쓰는 번호이며, 각 줄은 일어난 순서대로입니다.")
    }
    var traceLegend: String {
        say(
            "Time, result, call. What the container's process did itself is listed call by call.",
            "시간, 결과, 호출 순서입니다. 컨테이너의 프로세스가 직접 한 일은 호출마다 한 줄입니다.")
    }
    func more(_ count: Int) -> String { say("and \(count) more", "그 밖에 \(count)개") }
}
