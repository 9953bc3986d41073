import Posix

/// The files of a new lesson, to be changed: as they are, they are a lesson that `lint` and `test` find nothing wrong with.
public enum LessonTemplate {
    /// Why a lesson can't be begun.
    public struct Failure: Error, CustomStringConvertible {
        /// The sentence for a person.
        public let description: String
    }

    /// Writes the files; none of them may exist.
    ///
    /// - Returns: Their paths.
    /// - Throws: ``Failure`` for an id that is none, or a lesson that exists; ``SystemError``.
    public static func write(_ id: String, in course: Course) throws -> [String] {
        let digits = id.prefix { $0.isNumber }
        guard id.isLessonName, digits.count == 2, id.dropFirst(2).first == "-", id.count > 3 else {
            throw Failure(description: "a lesson's id is two digits, a dash and words, not `\(id)`: 25-my-lesson")
        }
        let files = [
            (course.path(id, in: .en), english), (course.path(id, in: .ko), korean), (course.proofsPath(id), proofs),
        ]
        for (path, _) in files where Files.exists(path) { throw Failure(description: "\(path) exists") }
        for (path, text) in files {
            try Files.makeDirectories(Files.parent(of: path))
            let text = text.replacing("99-example", with: id)
            try Files.replace(path, with: Array(text.utf8), durable: false)
        }
        return files.map(\.0)
    }

    static let english = """
        ---
        id: 99-example
        title: One line that says what is learned
        minutes: 10
        level: beginner
        after: []
        requires: []
        focus: [namespace]
        tracks: [full]
        ---
        Two or three sentences: what this is about, and why one would want to know.

        ## 1. A server of one's own
        <!-- step: start-web -->
        Start a web server in the background and name it `web`.

        ```try
        docker run -d --name web lab/web
        ```

        Inside, its process is number 1. Which number has it on your machine? <!-- predict: number -->

        1. Also 1: it is the same process.
        2. A larger one: your machine already has a process 1.

        Now find that number, any way you like, and type it. <!-- ask: outside-pid -->

        <!-- outside -->

        <details><summary>Check, hints, solution</summary>

        ```check
        docker inspect -f '{{.Name}}' web
        = /web
        else There is no container named `web`. `docker ps -a` shows what there is.
        docker inspect -f '{{.State.Running}}' web
        = true
        else `web` exists but does not run.
        predict number = 2
        answer outside-pid = docker inspect -f '{{.State.Pid}}' web
        else That is not its number on your machine.
        ```

        > hint: The narration of `docker run` said it; `why 4` brings it back.

        > hint: `docker top web` lists the processes of `web`, numbered from outside.

        ```solution
        docker run -d --name web lab/web
        ```

        > speaker: Ask the room for a show of hands before you press Enter.

        </details>

        <!-- then -->
        One process, two numbers: a PID namespace gives a second numbering, it does not copy the process.

        ## 2. On your own
        <!-- step: alone -->
        Remove `web`, though it runs, in one command.

        What becomes of its process on your machine? <!-- predict: process -->

        1. It is ended: nothing is left of it.
        2. It goes on: only the container was removed.

        Which flag did you need? <!-- ask: flag -->

        <details><summary>Check, hints, solution</summary>

        ```check
        docker ps -aq --filter name=^web$
        lines 0
        else `web` is still there.
        predict process = 1
        answer flag = "-f" | "--force"
        else Not this one: `docker rm --help` lists them.
        ```

        > hint: `docker rm --help` has a flag for it.

        ```solution
        docker rm -f web
        ```

        </details>

        <!-- then -->
        A container that is removed takes its processes with it: they were all that ran of it.

        ## Quiz
        <!-- quiz -->

        ```quiz kernels
        ? Two containers run on this machine. How many Linux kernels are running?
        + One: the containers share it; `uname -r` agrees in both.
        - Two: that would be two virtual machines.
        - Three: neither container brings a kernel; an image has none.
        ```

        ```quiz force
        ? What does `docker rm -f` do to a container that runs?
        - It refuses: that is what `docker rm` does without the flag.
        + It ends its processes first: with SIGKILL, which nobody can refuse.
        - It waits until the container has ended: that is `docker wait`.
        ```

        ## What you know now
        <!-- summary -->
        A container is a process with a [namespace](glossary:namespace) of each kind.

        """

    static let korean = """
        ---
        id: 99-example
        title: 무엇을 배우는지 말하는 한 줄
        ---
        두세 문장으로, 이 수업이 무엇을 다루고 왜 알아야 하는지 적으십시오.

        ## 1. 나만의 서버
        <!-- step: start-web -->
        웹 서버 하나를 `web` 이름으로 백그라운드에서 시작하십시오.

        ```try
        docker run -d --name web lab/web
        ```

        안에서 이 프로세스는 1번입니다. 호스트에서는 몇 번일까요? <!-- predict: number -->

        1. 똑같이 1번: 같은 프로세스이기 때문입니다.
        2. 더 큰 번호: 호스트에는 이미 1번 프로세스가 있습니다.

        이제 그 번호를 찾아 입력하십시오. <!-- ask: outside-pid -->

        > hint: `docker run` 명령의 설명에 나옵니다. `why 4` 명령으로 다시 볼 수 있습니다.

        > hint: `docker top web` 명령은 바깥 번호로 프로세스를 보여 줍니다.

        ```else
        `web` 컨테이너가 없습니다. `docker ps -a` 명령으로 확인하십시오.
        `web` 컨테이너가 있지만 실행 중이 아닙니다.
        호스트에서의 번호가 아닙니다.
        ```

        <!-- then -->
        한 프로세스에 번호가 둘입니다. PID 네임스페이스는 번호를 하나 더 줄 뿐, 프로세스를 복사하지 않습니다.

        ## 2. 혼자서
        <!-- step: alone -->
        실행 중인 `web` 컨테이너를 명령 하나로 지우십시오.

        호스트에 있던 프로세스는 어떻게 될까요? <!-- predict: process -->

        1. 끝납니다. 아무것도 남지 않습니다.
        2. 계속됩니다. 컨테이너만 지웠습니다.

        어떤 플래그가 필요했습니까? <!-- ask: flag -->

        > hint: `docker rm --help` 출력에 그런 플래그가 있습니다.

        ```else
        `web` 컨테이너가 아직 있습니다.
        이 플래그가 아닙니다. `docker rm --help` 출력에 목록이 있습니다.
        ```

        <!-- then -->
        컨테이너를 지우면 그 프로세스도 함께 사라집니다. 실행되던 것은 그 프로세스뿐이었습니다.

        ## 퀴즈
        <!-- quiz -->

        ```quiz kernels
        ? 한 컴퓨터에서 컨테이너 두 개가 실행 중입니다. 리눅스 커널은 몇 개가 실행 중입니까?
        + 한 개: 컨테이너들이 함께 씁니다. 어느 쪽에서든 `uname -r` 출력이 같습니다.
        - 두 개: 그것은 가상머신 두 대입니다.
        - 세 개: 컨테이너는 커널을 가져오지 않습니다. 이미지에는 커널이 없습니다.
        ```

        ```quiz force
        ? `docker rm -f` 명령은 실행 중인 컨테이너를 어떻게 합니까?
        - 거부합니다: 플래그가 없을 때 그렇게 합니다.
        + 먼저 프로세스를 끝냅니다: 아무도 거부할 수 없는 SIGKILL 시그널을 보냅니다.
        - 컨테이너가 끝날 때까지 기다립니다: 그것은 `docker wait` 명령입니다.
        ```

        ## 이제 아는 것
        <!-- summary -->
        컨테이너는 종류마다 [네임스페이스](glossary:namespace)를 하나씩 가진 프로세스입니다.

        """

    static let proofs = """
        ## start-web

        ```alternative
        docker create --name web lab/web
        docker start web
        ```

        ```nearmiss
        docker create --name web lab/web
        says: does not run
        ```

        ## alone

        ```alternative
        docker kill web
        docker rm web
        ```

        ```nearmiss
        docker stop -t 0 web
        says: still there
        ```

        """
}
