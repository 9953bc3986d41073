extension Glossary {
    /// What the kernel does.
    static let kernelTerms: [GlossaryEntry] = [
        GlossaryEntry(
            "kernel", "커널",
            en: """
                The part of the operating system that runs with full rights and serves all processes. All containers of a \
                machine share its one kernel; `uname -r` says the same inside and out.
                """,
            ko: """
                모든 권한으로 동작하며 모든 프로세스에 서비스를 제공하는 운영체제의 핵심입니다. 한 컴퓨터의 컨테이너는 모두 같은 커널을 함께 \
                씁니다. `uname -r` 명령의 결과는 안팎이 같습니다.
                """,
            [.cgroupCreate, .hostnameSet], lesson: "01-virtualization"),
        GlossaryEntry(
            "system call", "시스템 콜", ["syscall"],
            en: "The way in which a program asks the kernel for something: open a file, send a packet, make a process.",
            ko: "프로그램이 커널에 무엇을 요청하는 방법입니다. 파일 열기, 패킷 보내기, 프로세스 만들기가 모두 시스템 콜입니다.",
            [.processClone, .seccompLoad], lesson: "22-by-hand"),
        GlossaryEntry(
            "process", "프로세스",
            en:
                "A program while it runs: its memory, its open files, its identity (PID). A container is one or several.",
            ko: "실행 중인 프로그램입니다. 메모리, 열린 파일, 번호(PID)를 가집니다. 컨테이너는 프로세스 하나 또는 여럿입니다.",
            [.processClone, .processExecute, .processEnd], lesson: "02-namespaces"),
        GlossaryEntry(
            "PID", "PID", ["process id", "프로세스 번호"],
            en: """
                The number of a process. In a PID namespace counting begins at 1, so the same process has one number inside \
                a container and another on the machine.
                """,
            ko: """
                프로세스의 번호입니다. PID 네임스페이스 안에서는 1부터 세므로, 같은 프로세스가 컨테이너 안과 밖에서 다른 번호를 가집니다.
                """, [.processClone], lesson: "02-namespaces"),
        GlossaryEntry(
            "PID 1", "PID 1", ["init"],
            en: """
                The first process of a PID namespace. It inherits orphans, ignores signals it has no handler for, and when \
                it ends, the kernel ends all others in the namespace.
                """,
            ko: """
                PID 네임스페이스의 첫 프로세스입니다. 부모를 잃은 프로세스를 넘겨받고, 처리기가 없는 시그널을 무시하며, 끝나면 커널이 \
                네임스페이스의 나머지 프로세스도 모두 끝냅니다.
                """, [.processClone, .processEnd], lesson: "21-pid1"),
        GlossaryEntry(
            "zombie", "좀비", ["zombie process"],
            en:
                "A process that has ended and whose parent has not read its exit code yet. It uses no memory, only a number.",
            ko: "끝났지만 부모가 아직 종료 코드를 읽지 않은 프로세스입니다. 메모리는 쓰지 않고 번호만 차지합니다.",
            [.processEnd], lesson: "21-pid1"),
        GlossaryEntry(
            "signal", "시그널", ["SIGTERM", "SIGKILL"],
            en: """
                A short message from the kernel or a process to a process. SIGTERM asks it to end, SIGKILL ends it, SIGINT \
                is what Ctrl-C sends.
                """,
            ko: """
                커널이나 프로세스가 프로세스에 보내는 짧은 알림입니다. SIGTERM은 종료 요청, SIGKILL은 강제 종료이며, SIGINT는 Ctrl-C 키가 \
                보냅니다.
                """, [.processSignal], lesson: "08-lifecycle"),
        GlossaryEntry(
            "exit code", "종료 코드", ["exit status"],
            en:
                "The number from 0 to 255 with which a process ends: 0 is success, 128 + n means that signal n ended it.",
            ko: "프로세스가 끝날 때 남기는 0에서 255까지의 번호입니다. 0은 성공, 128 + n은 n번 시그널로 끝났다는 뜻입니다.",
            [.processEnd], lesson: "08-lifecycle"),
        GlossaryEntry(
            "namespace", "네임스페이스", ["namespaces"],
            en: """
                A view of one kind of system resource: processes, mounts, network and so on. Processes in different \
                namespaces see different things. It limits what is seen, not how much is used.
                """,
            ko: """
                프로세스, 마운트, 네트워크 같은 시스템 리소스 한 종류가 어떻게 보이는지를 정합니다. 네임스페이스가 다르면 보이는 것이 다릅니다. \
                쓸 수 있는 양은 제한하지 않습니다.
                """, [.processClone, .namespaceEnter], lesson: "02-namespaces"),
        GlossaryEntry(
            "PID namespace", "PID 네임스페이스",
            en:
                "Its processes see only each other and count from 1. Seen from outside they have other numbers as well.",
            ko: "안의 프로세스는 서로만 볼 수 있고 번호를 1부터 셉니다. 밖에서는 다른 번호로도 보입니다.",
            [.mountProc, .processesList, .namespaceEnter], lesson: "02-namespaces"),
        GlossaryEntry(
            "network namespace", "네트워크 네임스페이스", ["netns"],
            en: "Interfaces, addresses, routes, filters and ports of its own. A new one has a loopback interface only.",
            ko: "인터페이스, 주소, 경로, 필터, 포트를 따로 가집니다. 새로 만들면 루프백 인터페이스만 있습니다.",
            [.nodeCreate, .vethCreate, .networkNone, .networkJoin], lesson: "14-bridge"),
        GlossaryEntry(
            "mount namespace", "마운트 네임스페이스",
            en: "A list of mounts of its own: what is mounted in it is not seen outside.",
            ko: "마운트 목록을 따로 가집니다. 그 안에서 마운트한 것은 밖에서 보이지 않습니다.",
            [.rootAttach, .mountVolume], lesson: "18-volumes"),
        GlossaryEntry(
            "UTS namespace", "UTS 네임스페이스",
            en: "A host name of its own. UTS is the name of the structure that uname(2) fills.",
            ko: "호스트 이름을 따로 가집니다. UTS는 uname(2)이 채우는 구조체의 이름에서 왔습니다.",
            [.hostnameSet], lesson: "02-namespaces"),
        GlossaryEntry(
            "IPC namespace", "IPC 네임스페이스",
            en: "Shared memory, semaphores and message queues of its own.",
            ko: "공유 메모리, 세마포어, 메시지 큐를 따로 가집니다.", [.processClone], lesson: "02-namespaces"),
        GlossaryEntry(
            "cgroup namespace", "cgroup 네임스페이스",
            en: "Shows a process its own cgroup as the root of the tree, and nothing above it.",
            ko: "프로세스에 자기 cgroup을 트리의 맨 위로 보여 주고 그 위는 감춥니다.", [.processClone], lesson: "02-namespaces"),
        GlossaryEntry(
            "user namespace", "사용자 네임스페이스", ["rootless"],
            en: """
                Maps user IDs: root inside can be an ordinary user outside. With it an engine can run without root \
                (rootless).
                """,
            ko: """
                사용자 ID를 대응시킵니다. 안의 root가 밖에서는 보통 사용자일 수 있습니다. 덕분에 엔진을 root 없이 실행할 수 \
                있습니다.
                """,
            [.processClone, .userBecome], lesson: "20-security"),
        GlossaryEntry(
            "cgroup", "cgroup", ["cgroups", "control group"],
            en: """
                A group of processes whose resources the kernel counts and can limit: memory, processor time, number of \
                processes. It is a directory with files to read and write.
                """,
            ko: """
                커널이 자원을 세고 제한하는 프로세스 그룹입니다. 메모리, CPU 시간, 프로세스 수가 대상입니다. 읽고 쓸 수 있는 파일이 든 \
                디렉터리로 나타납니다.
                """, [.cgroupCreate, .cgroupLimit, .cgroupJoin, .cgroupRemove, .countersRead], lesson: "03-cgroups"),
        GlossaryEntry(
            "cgroup version 2", "cgroup 버전 2", ["cgroup v2", "cgroup v1", "unified hierarchy"],
            en:
                "One tree of cgroups for all resources. Version 1 has a tree for each; some machines have both (hybrid).",
            ko: "모든 자원이 한 트리에 있는 cgroup입니다. 버전 1은 자원마다 트리가 있고, 둘을 함께 쓰는 컴퓨터도 있습니다.",
            [.cgroupCreate], lesson: "03-cgroups"),
        GlossaryEntry(
            "out of memory", "메모리 부족", ["OOM", "OOM killer"],
            en:
                "A cgroup has reached its memory limit and nothing can be freed: the kernel kills a process in it (137).",
            ko: "cgroup이 메모리 제한에 이르렀고 비울 것이 없는 상태입니다. 커널이 그 안의 프로세스를 강제로 끝냅니다(137).",
            [.cgroupLimit, .processEnd], lesson: "03-cgroups"),
        GlossaryEntry(
            "quota", "할당량", ["cpu quota"],
            en:
                "Processor time that a cgroup may use in each period. When it is used up, the processes wait: throttling.",
            ko: "cgroup이 주기마다 쓸 수 있는 CPU 시간입니다. 다 쓰면 프로세스가 기다립니다.",
            [.cgroupLimit], lesson: "03-cgroups"),
        GlossaryEntry(
            "freezer", "프리저",
            en: "Stops all processes of a cgroup where they stand, without their noticing. `docker pause` uses it.",
            ko: "cgroup의 모든 프로세스를 그 자리에서, 알아차리지 못하게 멈춥니다. `docker pause` 명령이 씁니다.",
            [.cgroupFreeze, .cgroupThaw], lesson: "13-pause"),
        GlossaryEntry(
            "mount", "마운트",
            en: "Putting a file system at a directory. The list of mounts belongs to the mount namespace.",
            ko: "파일 시스템을 디렉터리에 붙이는 일입니다. 마운트 목록은 마운트 네임스페이스에 속합니다.",
            [.overlayMount, .rootAttach, .mountProc], lesson: "07-layers"),
        GlossaryEntry(
            "bind mount", "바인드 마운트",
            en: "Shows a directory or a file in a second place: the same contents, not a copy.",
            ko: "디렉터리나 파일을 두 번째 자리에도 보이게 합니다. 복사본이 아니라 같은 내용입니다.",
            [.mountVolume, .mountFiles], lesson: "18-volumes"),
        GlossaryEntry(
            "tmpfs", "tmpfs",
            en: "A file system in memory. It is empty when it is mounted, and gone when it is unmounted.",
            ko: "메모리에 있는 파일 시스템입니다. 마운트할 때 비어 있고, 해제하면 사라집니다.",
            [.mountTmpfs, .mountMask], lesson: "18-volumes"),
        GlossaryEntry(
            "overlay file system", "오버레이 파일 시스템", ["overlayfs", "overlay", "오버레이", "union mount", "유니온 마운트"],
            en: """
                Shows several directories as one tree. Reading finds the topmost copy; writing goes to the upper directory \
                only. It is how layers become a root. (The overlay network is another thing.)
                """,
            ko: """
                여러 디렉터리를 한 트리로 보여 줍니다. 읽을 때는 가장 위의 것을 찾고, 쓰기는 upper 디렉터리에만 합니다. 레이어가 루트가 되는 \
                방법입니다. (오버레이 네트워크와는 다릅니다.)
                """, [.overlayMount], lesson: "07-layers"),
        GlossaryEntry(
            "copy-up", "복사 후 쓰기", ["copy on write", "copy up"],
            en:
                "Before the first write overlay copies a file of the image to the upper directory, and changes the copy.",
            ko: "처음 쓰기 전에 오버레이가 이미지의 파일을 upper 디렉터리로 복사하고, 그 복사본을 바꿉니다.",
            [.overlayMount], lesson: "07-layers"),
        GlossaryEntry(
            "whiteout", "화이트아웃",
            en: "A mark in an upper layer that a file of the layers below is deleted: on disk a character device 0/0.",
            ko: "아래 레이어의 파일이 지워졌다는 표시입니다. 디스크에서는 문자 장치 0/0입니다.",
            [.layerUnpack, .overlayMount], lesson: "07-layers"),
        GlossaryEntry(
            "pivot_root", "pivot_root",
            en:
                "The system call that makes another tree \"/\" of a mount namespace. Then the old root can be unmounted.",
            ko: "마운트 네임스페이스의 \"/\"를 다른 트리로 바꾸는 시스템 콜입니다. 그 뒤에 옛 루트를 해제할 수 있습니다.",
            [.rootPivot], lesson: "22-by-hand"),
        GlossaryEntry(
            "chroot", "chroot",
            en: "Moves the starting point of paths for a process. Older and weaker than a mount namespace.",
            ko: "프로세스의 경로 출발점을 옮깁니다. 마운트 네임스페이스보다 오래되었고 약합니다.",
            [.rootPivot], lesson: "02-namespaces"),
        GlossaryEntry(
            "capability", "권한", ["capabilities", "케이퍼빌리티"],
            en: """
                One part of root's power, such as mounting or setting the clock. Docker leaves 14 of 41 to a container's \
                root.
                """,
            ko: "마운트나 시계 변경처럼 root의 힘을 나눈 조각입니다. Docker는 컨테이너의 root에게 41개 중 14개를 남깁니다.",
            [.capabilitiesDrop], lesson: "20-security"),
        GlossaryEntry(
            "seccomp", "seccomp", ["system call filter", "시스템 콜 필터"],
            en: "A filter that the kernel runs before each system call of a process; some calls are refused.",
            ko: "커널이 프로세스의 시스템 콜마다 먼저 실행하는 필터입니다. 어떤 호출은 거부됩니다.",
            [.seccompLoad], lesson: "20-security"),
        GlossaryEntry(
            "privileged", "특권", ["--privileged"],
            en: "A container with all capabilities, all devices and no masks: close to root on the machine.",
            ko: "모든 권한과 장치를 가지고 가려진 것이 없는 컨테이너입니다. 이 컴퓨터의 root에 가깝습니다.",
            [.capabilitiesDrop, .mountMask], lesson: "20-security"),
        GlossaryEntry(
            "file descriptor", "파일 디스크립터",
            en: "A process's number for something open: 0 is its input, 1 its output, 2 its error output.",
            ko: "프로세스가 열어 둔 것의 번호입니다. 0은 표준 입력, 1은 표준 출력, 2는 표준 오류입니다.",
            [.processExecute], lesson: "09-foreground-background"),
        GlossaryEntry(
            "pseudo-terminal", "의사 터미널", ["pty", "tty", "terminal", "터미널"],
            en: "A terminal made of software: a program has one end, whoever shows it the other. `-t` asks for one.",
            ko: "소프트웨어로 만든 터미널입니다. 한쪽 끝은 프로그램이, 다른 쪽 끝은 보여 주는 쪽이 씁니다. -t 옵션이 요청합니다.",
            [.terminalOpen], lesson: "09-foreground-background"),
        GlossaryEntry(
            "kernel parameter", "커널 매개변수", ["sysctl"],
            en: "A setting of the kernel, a file below /proc/sys. Some exist once for each namespace.",
            ko: "커널의 설정이며 /proc/sys 아래의 파일입니다. 일부는 네임스페이스마다 따로 있습니다.",
            [.parameterSet], lesson: "20-security"),
        GlossaryEntry(
            "ulimit", "ulimit", ["rlimit", "resource limit", "자원 제한"],
            en: "A limit of a single process, such as the number of open files. A cgroup limits all of a container.",
            ko: "열린 파일의 수처럼 프로세스 하나에 대한 제한입니다. cgroup은 컨테이너 전체를 제한합니다.",
            [.resourceLimit], lesson: "03-cgroups"),
        GlossaryEntry(
            "line discipline", "회선 규칙", ["tty layer"],
            en: "The part of the kernel between the two ends of a terminal: it echoes, and turns Ctrl-C into a signal.",
            ko: "터미널의 양쪽 끝 사이에 있는 커널의 일부입니다. 입력을 되비추고 Ctrl-C 키를 시그널로 바꿉니다.",
            [.terminalOpen], lesson: "09-foreground-background"),
        GlossaryEntry(
            "bounding set", "한계 집합", ["capability bounding set"],
            en: "The capabilities that a process and its children can have at most, whatever program they run.",
            ko: "프로세스와 그 자식이 어떤 프로그램을 실행하더라도 가질 수 있는 권한의 최대 범위입니다.",
            [.capabilitiesDrop], lesson: "20-security"),
        GlossaryEntry(
            "reaping", "회수", ["wait", "zombie reaping"],
            en: "Taking the exit code of a process that has ended. Until its parent does, a zombie is left of it.",
            ko: "끝난 프로세스의 종료 코드를 받아 가는 일입니다. 부모가 받아 갈 때까지 좀비로 남습니다.",
            [.processEnd], lesson: "21-pid1"),
    ]
}
