extension Glossary {
    /// What is on any machine, with containers or without: words that the texts use beside those of containers.
    static let machineTerms: [GlossaryEntry] = [
        GlossaryEntry(
            "interface", "인터페이스", ["network interface", "네트워크 인터페이스"],
            en: """
                Where packets enter or leave a network namespace: a card of the machine, one end of a veth, or lo. \
                `ip link` lists them.
                """,
            ko: """
                패킷이 네트워크 네임스페이스에 드나드는 곳입니다. 컴퓨터의 카드, veth의 한쪽 끝, lo가 그것입니다. `ip link` 명령이 \
                보여 줍니다.
                """, [.bridgeCreate], lesson: "14-bridge"),
        GlossaryEntry(
            "packet", "패킷", ["frame", "프레임"],
            en: "A piece of data on its way through a network, with the addresses of its sender and its receiver.",
            ko: "보내는 쪽과 받는 쪽의 주소를 가지고 네트워크를 지나는 데이터 조각입니다.",
            [.rulesApply, .tunnelCreate], lesson: "14-bridge"),
        GlossaryEntry(
            "socket", "소켓",
            en: """
                A process's end of a connection, or the place where it listens for some. It belongs to the network \
                namespace in which it was made, for good.
                """,
            ko: "연결에서 프로세스 쪽의 끝, 또는 연결을 기다리는 곳입니다. 만들어진 네트워크 네임스페이스에 끝까지 속합니다.",
            [.namesServe], lesson: "14-bridge"),
        GlossaryEntry(
            "router", "라우터", ["routing", "routed", "라우팅", "route", "경로"],
            en: """
                Who passes packets on between networks. A node is the router of its containers: their default route leads \
                to its bridge.
                """,
            ko: "네트워크 사이에서 패킷을 넘겨주는 것입니다. 노드는 컨테이너들의 라우터이며, 컨테이너의 기본 경로는 노드의 브리지로 향합니다.",
            [.routeAdd], lesson: "14-bridge"),
        GlossaryEntry(
            "tunnel", "터널",
            en: """
                A path on which whole packets travel inside other packets: those of an overlay network in UDP packets \
                between the nodes.
                """,
            ko: "패킷을 다른 패킷 안에 넣어 보내는 길입니다. 오버레이 네트워크의 패킷은 노드 사이의 UDP 패킷 안에 들어갑니다.",
            [.tunnelCreate, .neighboursAdd, .neighboursRemove], lesson: "16-overlay"),
        GlossaryEntry(
            "Raft", "Raft", ["consensus"],
            en:
                "How the managers of a real swarm agree on what they store: most of them must have it before it counts.",
            ko: "실제 스웜의 관리자들이 저장할 내용에 합의하는 방법입니다. 과반수가 가지고 있어야 유효합니다.",
            [.swarmInit], lesson: "16-overlay"),
        GlossaryEntry(
            "gossip", "가십", ["gossip protocol"],
            en: "News passed from neighbour to neighbour until everybody has it: how Docker's nodes spread addresses.",
            ko: "이웃에서 이웃으로 모두에게 퍼질 때까지 전하는 방법입니다. Docker의 노드들은 이렇게 주소를 알립니다.",
            [.neighboursAdd], lesson: "16-overlay"),
        GlossaryEntry(
            "token bucket", "토큰 버킷", ["rate limit"],
            en: """
                How a rate is kept: tokens drip into a bucket at that rate, and each byte that is sent costs one. Who has \
                none waits.
                """,
            ko: "속도를 제한하는 방법입니다. 토큰이 정해진 속도로 쌓이고, 보내는 바이트마다 하나씩 씁니다. 없으면 기다립니다.",
            [.cableChange], lesson: "16-overlay"),
        GlossaryEntry(
            "swap", "스왑", ["swappiness", "스왑 성향"],
            en: "Disk space to which the kernel moves memory that was not used for a while.",
            ko: "한동안 쓰지 않은 메모리를 커널이 옮겨 두는 디스크 공간입니다.",
            [.cgroupLimit, .mountTmpfs], lesson: "03-cgroups"),
        GlossaryEntry(
            "thread", "스레드",
            en: "One line of execution in a process. To the kernel's scheduler and to a limit of pids each one counts.",
            ko: "프로세스 안의 실행 흐름 하나입니다. 커널의 스케줄러와 pids 제한은 스레드를 하나씩 셉니다.",
            [.cgroupLimit], lesson: "03-cgroups"),
        GlossaryEntry(
            "fork bomb", "포크 폭탄",
            en:
                "A program that makes processes until the machine can make no more. A limit of pids stops it in its cgroup.",
            ko: "컴퓨터가 더 만들 수 없을 때까지 프로세스를 만드는 프로그램입니다. pids 제한이 그 cgroup 안에서 멈춥니다.",
            [.cgroupLimit], lesson: "03-cgroups"),
        GlossaryEntry(
            "orphan", "고아 프로세스", ["orphan process"],
            en: "A process whose parent has ended. The PID 1 of its namespace becomes its parent, and has to reap it.",
            ko: "부모가 먼저 끝난 프로세스입니다. 그 네임스페이스의 PID 1이 부모가 되며, 회수도 맡습니다.",
            [.processExecute], lesson: "21-pid1"),
        GlossaryEntry(
            "archive", "아카이브", ["tar", "tar archive"],
            en: "Many files in one, with their names, owners and modes: a tar file. Layers travel as archives.",
            ko: "여러 파일을 이름, 소유자, 모드와 함께 하나로 묶은 tar 파일입니다. 레이어는 아카이브로 오갑니다.",
            [.layerUnpack, .filesPut, .filesGet, .imageLoad], lesson: "12-copy-and-diff"),
        GlossaryEntry(
            "symbolic link", "심볼릭 링크", ["symlink"],
            en:
                "A file that holds a path, at which the kernel goes on looking. In a container it leads from the container's /.",
            ko: "다른 경로를 담은 파일입니다. 커널은 그 경로에서 계속 찾습니다. 컨테이너 안에서는 컨테이너의 /에서 시작합니다.",
            [.filesPut], lesson: "12-copy-and-diff"),
        GlossaryEntry(
            "device", "장치", ["device file", "장치 파일"],
            en: """
                A piece of hardware, or something that the kernel offers like one (null, random, tty). A file in /dev leads \
                to it by two numbers.
                """,
            ko: "하드웨어, 또는 커널이 하드웨어처럼 제공하는 것(null, random, tty)입니다. /dev의 파일이 두 번호로 가리킵니다.",
            [.mountDev, .cgroupLimit], lesson: "20-security"),
        GlossaryEntry(
            "certificate", "인증서", ["TLS certificate"],
            en: "A signed statement of who a server is. A registry without one is insecure: anybody may have answered.",
            ko: "서버가 누구인지 서명으로 보증하는 문서입니다. 인증서가 없는 저장소(Registry)는 누가 답했는지 알 수 없습니다.",
            [.registryConnect], lesson: "23-registry"),
        GlossaryEntry(
            "inode", "아이노드", ["inode number"],
            en:
                "A file itself, by number: `ls -i` shows it. Names in directories lead to it, and several can lead to one.",
            ko: "번호로 구별하는 파일 자체입니다. `ls -i` 명령이 보여 줍니다. 디렉터리의 이름은 아이노드를 가리키며, 여러 이름이 하나를 가리킬 수 있습니다.",
            unseen: (
                en: "files keep theirs; no step changes one",
                ko: "파일은 자기 아이노드를 유지하며, 이것을 바꾸는 단계는 없습니다"
            ),
            lesson: "07-layers"),
        GlossaryEntry(
            "signal handler", "처리기", ["handler", "시그널 처리기"],
            en: "The part of a program that runs when a signal arrives. PID 1 gets only signals that it has one for.",
            ko: "시그널이 오면 실행되는 프로그램의 부분입니다. PID 1은 처리기가 있는 시그널만 받습니다.",
            [.processSignal, .processExecute], lesson: "21-pid1"),
        GlossaryEntry(
            "private address", "사설 주소", ["RFC 1918"],
            en:
                "An address that many networks use at once (172.16.0.0/12 and others), so that nobody outside can reach it.",
            ko: "여러 네트워크가 저마다 쓰는 주소(172.16.0.0/12 등)입니다. 그래서 밖에서는 닿을 수 없습니다.",
            unseen: (
                en: "which addresses are private is a convention; steps give the addresses themselves",
                ko: "어느 주소가 사설인지는 약속이며, 단계는 주소 자체를 다룹니다"
            ),
            lesson: "14-bridge"),
        GlossaryEntry(
            "forwarding table", "전달 표", ["forwarding entry", "fdb", "전달 항목"],
            en: "What a switch knows: behind which port each MAC address is; in a tunnel, behind which node.",
            ko: "스위치가 아는 것의 목록입니다. MAC 주소마다 어느 포트 뒤에 있는지, 터널에서는 어느 노드 뒤에 있는지 적혀 있습니다.",
            [.neighboursAdd], lesson: "16-overlay"),
        GlossaryEntry(
            "neighbour table", "이웃 표", ["neighbour", "neighbour entry", "이웃 항목", "ARP"],
            en:
                "What the kernel knows of its own network: which MAC address belongs to an IP address. `ip neigh` shows it.",
            ko: "커널이 자기 네트워크에 대해 아는 것입니다. IP 주소마다 어느 MAC 주소인지 적혀 있습니다. `ip neigh` 명령이 보여 줍니다.",
            [.neighboursAdd], lesson: "17-macvlan"),
    ]
}
