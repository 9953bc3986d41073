extension Glossary {
    /// Containers and what runs them.
    static let containerTerms: [GlossaryEntry] = [
        GlossaryEntry(
            "container", "컨테이너",
            en: """
                An image, a writable layer and settings; while it runs, also processes with a restricted view of the \
                system. It is no small virtual machine: it has no kernel of its own.
                """,
            ko: """
                이미지, 쓰기 레이어, 설정이며, 실행 중일 때는 보이는 것이 제한된 프로세스입니다. 작은 가상머신이 아닙니다. 자기 커널이 \
                없습니다.
                """, [.containerCreate, .processClone], lesson: "05-vocabulary"),
        GlossaryEntry(
            "virtual machine", "가상머신", ["VM"],
            en: "A machine made of software, with virtual hardware and a kernel of its own.",
            ko: "소프트웨어로 만든 컴퓨터입니다. 가상 하드웨어와 자기 커널이 있습니다.",
            unseen: (
                en: "the lab makes containers, and no virtual hardware",
                ko: "실습에서는 컨테이너만 만들고 가상 하드웨어는 만들지 않습니다"
            ),
            lesson: "01-virtualization"),
        GlossaryEntry(
            "virtualization", "가상화",
            en:
                "Showing something other than what is really there: several machines, one disk, a network, an own system.",
            ko: "실제와 다른 모습으로 보여 주는 기술입니다. 서버, 네트워크, 스토리지, 컨테이너 가상화가 있습니다.",
            unseen: (
                en: "it is the name for all of this, and no single thing that is done",
                ko: "모두를 가리키는 말이며, 하나의 일이 아닙니다"
            ),
            lesson: "01-virtualization"),
        GlossaryEntry(
            "LXC", "LXC", ["Linux Container"],
            en: "An early tool for containers on Linux. Like Docker it uses the kernel's namespaces and cgroups.",
            ko: "리눅스 컨테이너의 초기 도구입니다. Docker처럼 커널의 네임스페이스와 cgroup을 씁니다.",
            unseen: (
                en: "it is another tool; the kernel's features that it uses are told where they are used",
                ko: "다른 도구입니다. 그것이 쓰는 커널의 기능은 쓰이는 곳에서 설명합니다"
            ),
            lesson: "02-namespaces"),
        GlossaryEntry(
            "Docker", "Docker",
            en: "Tools to make, run and share containers: a client, an engine, an image format, a registry.",
            ko: "컨테이너를 만들고 실행하고 나누는 도구입니다. 클라이언트, 엔진, 이미지 형식, 저장소(Registry)로 이루어집니다.",
            [.cgroupCreate, .mountMask, .neighboursAdd], lesson: "04-why-docker"),
        GlossaryEntry(
            "engine", "엔진", ["daemon", "dockerd", "데몬"],
            en: "The background process that has the containers made and run. The `docker` command only asks it.",
            ko: "컨테이너를 만들고 실행하는 백그라운드 프로세스입니다. `docker` 명령은 엔진에 요청할 뿐입니다.",
            [.networkCreate, .networkDelete, .mountFiles, .namespaceEnter], lesson: "11-observe"),
        GlossaryEntry(
            "client", "클라이언트", ["docker CLI"],
            en: "The `docker` command: it turns what is typed into requests to the engine.",
            ko: "`docker` 명령입니다. 입력한 것을 엔진에 보내는 요청으로 바꿉니다.",
            [.filesPut], lesson: "11-observe"),
        GlossaryEntry(
            "runtime", "런타임", ["runc", "OCI runtime"],
            en: "The part that makes a process with namespaces, cgroups and root, and starts the program in it.",
            ko: "네임스페이스, cgroup, 루트를 갖춘 프로세스를 만들고 프로그램을 시작하는 부분입니다.",
            unseen: (
                en: "here the engine does its work itself, and all steps of a start are that work",
                ko: "여기서는 엔진이 런타임의 일을 직접 하며, 시작의 모든 단계가 그 일입니다"
            ),
            lesson: "11-observe"),
        GlossaryEntry(
            "Engine API", "엔진 API", ["Docker Engine API", "API"],
            en: "The HTTP requests with which clients talk to the engine, through a unix socket.",
            ko: "클라이언트가 유닉스 소켓으로 엔진에 보내는 HTTP 요청입니다.",
            unseen: (
                en: "steps are what requests cause; a request itself changes nothing",
                ko: "단계는 요청 때문에 일어난 일이고, 요청 자체는 아무것도 바꾸지 않습니다"
            ),
            lesson: "11-observe"),
        GlossaryEntry(
            "node", "노드",
            en: "One Docker host of the lab: a network namespace and an engine state of its own on this machine.",
            ko: "실습용 Docker 호스트입니다. 이 컴퓨터 안에 자기 네트워크 네임스페이스와 엔진 상태를 가집니다.",
            [.nodeCreate, .nodeDelete, .cablePlug, .cableChange], lesson: "14-bridge"),
        GlossaryEntry(
            "host", "호스트", ["Docker host", "host machine"],
            en: "The machine whose kernel runs the containers. On Windows and macOS it is a Linux virtual machine.",
            ko: "컨테이너를 실행하는 커널이 있는 컴퓨터입니다. Windows와 macOS에서는 리눅스 가상머신입니다.",
            [.nodeCreate, .portPublish, .hostnameSet], lesson: "01-virtualization"),
        GlossaryEntry(
            "create", "생성", ["docker create"],
            en: "Writing a container down: settings, name, an empty writable layer. Nothing runs yet.",
            ko: "컨테이너를 적어 두는 일입니다. 설정, 이름, 빈 쓰기 레이어가 생기고 아직 실행되지 않습니다.",
            [.containerCreate], lesson: "08-lifecycle"),
        GlossaryEntry(
            "start", "시작", ["docker start"],
            en: "Making the process of a container that exists.",
            ko: "이미 있는 컨테이너의 프로세스를 만드는 일입니다.",
            [.containerCreate, .cgroupRemove], lesson: "08-lifecycle"),
        GlossaryEntry(
            "run", "실행", ["docker run"],
            en: "Pull if needed, create, start, and attach unless -d is given. Each run makes a new container.",
            ko: "필요하면 이미지를 받고, 생성하고, 시작하고, -d 옵션이 없으면 연결합니다. 실행할 때마다 새 컨테이너입니다.",
            [.containerCreate, .processClone], lesson: "08-lifecycle"),
        GlossaryEntry(
            "stop", "중지", ["docker stop"],
            en: "SIGTERM to PID 1, ten seconds of waiting, then SIGKILL.",
            ko: "PID 1에 SIGTERM을 보내고 10초를 기다린 뒤 SIGKILL을 보냅니다.", [.processSignal], lesson: "08-lifecycle"),
        GlossaryEntry(
            "pause", "일시정지", ["unpause", "docker pause"],
            en: "Freezing all processes of a container; `unpause` lets them go on.",
            ko: "컨테이너의 모든 프로세스를 멈추는 일입니다. `unpause` 명령으로 이어 갑니다.",
            [.cgroupFreeze], lesson: "13-pause"),
        GlossaryEntry(
            "attach", "연결", ["docker attach"],
            en:
                "Joining the input and output of a container's PID 1. It enters nothing: `exit` there ends the container.",
            ko: "컨테이너 PID 1의 입출력에 연결하는 일입니다. 안으로 들어가는 것이 아니어서, 거기서 `exit` 하면 컨테이너가 끝납니다.",
            unseen: (
                en: "streams are joined in the engine; the kernel and the disk stay as they are",
                ko: "엔진 안에서 입출력을 잇는 일이며, 커널과 디스크는 그대로입니다"
            ),
            lesson: "10-attach-exec"),
        GlossaryEntry(
            "exec", "exec", ["docker exec"],
            en: "Starting one more process in the namespaces of a running container.",
            ko: "실행 중인 컨테이너의 네임스페이스 안에서 프로세스를 하나 더 시작하는 일입니다.",
            [.namespaceEnter], lesson: "10-attach-exec"),
        GlossaryEntry(
            "detach keys", "분리 키", ["ctrl-p ctrl-q"],
            en: "Ctrl-P Ctrl-Q leaves an attached terminal and lets the container run on.",
            ko: "Ctrl-P Ctrl-Q 키는 연결된 터미널에서 나오면서 컨테이너를 계속 실행합니다.",
            unseen: (
                en: "they are looked for in what is typed; nothing is done to the kernel",
                ko: "입력에서 찾아내는 것이며, 커널에 하는 일이 없습니다"
            ),
            lesson: "10-attach-exec"),
        GlossaryEntry(
            "foreground", "포그라운드", ["background", "백그라운드", "detached", "-d"],
            en: "A container in the foreground has your terminal; with -d (detached) it runs in the background.",
            ko: "포그라운드 컨테이너는 터미널에 연결되어 있습니다. -d 옵션을 쓰면 백그라운드에서 실행됩니다.",
            [.processExecute], lesson: "09-foreground-background"),
        GlossaryEntry(
            "log", "로그", ["docker logs"],
            en: "What PID 1 of a container wrote to its output and error output, kept by the engine.",
            ko: "컨테이너의 PID 1이 표준 출력과 표준 오류에 쓴 것을 엔진이 보관한 것입니다.",
            [.processExecute], lesson: "09-foreground-background"),
        GlossaryEntry(
            "volume", "볼륨",
            en:
                "A directory that the engine keeps apart from containers; it outlives them. Mounted with -v name:/path.",
            ko: "엔진이 컨테이너와 따로 관리하는 디렉터리입니다. 컨테이너보다 오래 남습니다. -v 이름:/경로 옵션으로 마운트합니다.",
            [.mountVolume, .volumeCreate, .volumeFill, .volumeDelete], lesson: "18-volumes"),
        GlossaryEntry(
            "diff", "변경 목록", ["docker diff"],
            en:
                "What a container changed against its image: A added, C changed, D deleted. It is read from the upper layer.",
            ko: "컨테이너가 이미지에서 바꾼 것의 목록입니다. A 추가, C 변경, D 삭제. 쓰기 레이어에서 읽습니다.",
            [.layerCreate, .filesPut, .changesRead], lesson: "12-copy-and-diff"),
        GlossaryEntry(
            "restart policy", "재시작 정책", ["--restart"],
            en: "What the engine does when a container ends: nothing, start it again after failures, or always.",
            ko: "컨테이너가 끝났을 때 엔진이 할 일입니다. 그대로 두거나, 실패하면 다시 시작하거나, 언제나 다시 시작합니다.",
            unseen: (
                en: "the engine starts the container itself, with the steps of any start",
                ko: "엔진이 스스로 시작할 뿐이며, 단계는 여느 시작과 같습니다"
            ),
            lesson: "21-pid1"),
        GlossaryEntry(
            "health check", "상태 검사", ["healthcheck"],
            en: "A command that the engine runs in a container again and again to learn whether it works.",
            ko: "컨테이너가 제대로 동작하는지 알기 위해 엔진이 안에서 되풀이해 실행하는 명령입니다.",
            unseen: (
                en: "the engine makes these for itself, like an exec, and does not tell of them",
                ko: "엔진이 exec처럼 스스로 하는 일이며, 따로 알리지 않습니다"
            ),
            lesson: "21-pid1"),
        GlossaryEntry(
            "entrypoint", "엔트리포인트", ["ENTRYPOINT", "CMD", "command"],
            en:
                "The program that a container always runs; the command (CMD) gives its arguments, or the program itself.",
            ko: "컨테이너가 언제나 실행하는 프로그램입니다. 명령(CMD)은 그 인수이거나 프로그램 자체입니다.",
            [.processExecute], lesson: "19-build"),
        GlossaryEntry(
            "environment variable", "환경 변수", ["-e", "env"],
            en: "A named text that a process is given at its start: -e NAME=VALUE.",
            ko: "프로세스가 시작할 때 받는 이름 붙은 글입니다. -e 이름=값 옵션으로 줍니다.",
            [.processExecute], lesson: "09-foreground-background"),
        GlossaryEntry(
            "container ID", "컨테이너 ID", ["ID"],
            en: "256 random bits as 64 hexadecimal digits; the first twelve are enough for people.",
            ko: "무작위 256비트를 16진수 64자리로 쓴 것입니다. 사람에게는 앞 열두 자리면 충분합니다.",
            [.containerCreate], lesson: "08-lifecycle"),
        GlossaryEntry(
            "label", "레이블",
            en: "A named text on a container, image, network or volume, for people and tools to find it by.",
            ko: "컨테이너, 이미지, 네트워크, 볼륨에 붙이는 이름표입니다. 사람과 도구가 찾을 때 씁니다.",
            [.volumeCreate], lesson: "19-build"),
        GlossaryEntry(
            "swarm", "스웜", ["docker swarm"],
            en: "Docker hosts that work together; overlay networks join their containers.",
            ko: "함께 일하는 Docker 호스트들입니다. 오버레이 네트워크가 그 컨테이너들을 잇습니다.",
            [.swarmInit, .swarmJoin, .swarmLeave], lesson: "16-overlay"),
        GlossaryEntry(
            "step", "단계",
            en: "One thing that the engine did to the kernel or to its disk, as Drydock tells it: `steps` lists them.",
            ko: "엔진이 커널이나 디스크에 한 일 하나입니다. `steps` 명령이 모두 보여 줍니다.",
            unseen: (
                en: "every step is one",
                ko: "모든 단계가 이것입니다"
            ),
            lesson: "00-first-container"),
        GlossaryEntry(
            "evidence", "증거", ["read back"],
            en: "What the kernel or the disk said after a step, read again: the lines that begin with \"=\".",
            ko: "단계가 끝난 뒤 커널이나 디스크에서 다시 읽은 값입니다. \"=\"로 시작하는 줄입니다.",
            [.cgroupLimit], lesson: "00-first-container"),
        GlossaryEntry(
            "simulated kernel", "시뮬레이션 커널", ["simulation"],
            en: "A model in memory, for machines that allow no containers. Steps are the same, programs are imitated.",
            ko: "컨테이너를 허용하지 않는 컴퓨터를 위한 메모리 속 모형입니다. 단계는 같고 프로그램은 흉내만 냅니다.",
            unseen: (
                en: "where it is used every step is marked with the word",
                ko: "쓰이는 곳에서는 모든 단계에 표시가 붙습니다"
            ),
            lesson: "00-first-container"),
        GlossaryEntry(
            "sidecar", "사이드카",
            en: "A container that helps another one and shares what it needs for that: its network, a volume.",
            ko: "다른 컨테이너를 도우며 그에 필요한 것(네트워크, 볼륨)을 함께 쓰는 컨테이너입니다.",
            unseen: (
                en: "it is a habit of people; to the engine it is a container like others",
                ko: "사람의 쓰임새이며, 엔진에는 여느 컨테이너와 같습니다"
            ),
            lesson: "15-host-and-none"),
    ]
}
