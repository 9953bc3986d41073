extension Glossary {
    /// Networks.
    static let networkTerms: [GlossaryEntry] = [
        GlossaryEntry(
            "bridge", "브리지", ["docker0"],
            en:
                "A switch made of software. Containers of a bridge network are plugged into it; docker0 is the default one.",
            ko: "소프트웨어로 만든 스위치입니다. 브리지 네트워크의 컨테이너가 꽂혀 있습니다. docker0이 기본 브리지입니다.",
            [.bridgeCreate, .bridgeDelete, .vethCreate], lesson: "14-bridge"),
        GlossaryEntry(
            "bridge network", "브리지 네트워크", ["user-defined network"],
            en: """
                A private network of containers on one host. They communicate with each other, and with the outside through \
                the host. On one that a user made, names resolve too.
                """,
            ko: """
                한 호스트 안의 컨테이너들이 쓰는 사설 네트워크입니다. 서로 통신하고, 호스트를 거쳐 밖과 통신합니다. 사용자가 만든 네트워크에서는 \
                이름으로도 찾을 수 있습니다.
                """,
            [.bridgeCreate], lesson: "14-bridge"),
        GlossaryEntry(
            "veth", "veth", ["virtual cable", "가상 케이블"],
            en: "A pair of virtual interfaces, like a cable: what goes into one end comes out of the other.",
            ko: "케이블 같은 가상 인터페이스 한 쌍입니다. 한쪽에 넣은 것이 다른 쪽으로 나옵니다.",
            [.vethCreate, .networkRelease], lesson: "14-bridge"),
        GlossaryEntry(
            "loopback", "루프백", ["lo", "localhost"],
            en: "The interface lo, 127.0.0.1, through which a network namespace talks to itself.",
            ko: "네트워크 네임스페이스가 자기 자신과 통신하는 lo 인터페이스, 127.0.0.1입니다.",
            [.networkNone], lesson: "15-host-and-none"),
        GlossaryEntry(
            "host network", "호스트 네트워크", ["--network host"],
            en: "The container gets no network namespace and uses the Docker host's interfaces and ports.",
            ko: "컨테이너가 네트워크 네임스페이스를 만들지 않고 Docker 호스트의 인터페이스와 포트를 씁니다.",
            [.networkJoin], lesson: "15-host-and-none"),
        GlossaryEntry(
            "none network", "none 네트워크", ["null network", "--network none"],
            en: "A network namespace with a loopback interface only. The driver's name is null, the network's none.",
            ko: "루프백 인터페이스만 있는 네트워크 네임스페이스입니다. 드라이버 이름은 null, 네트워크 이름은 none입니다.",
            [.networkNone], lesson: "15-host-and-none"),
        GlossaryEntry(
            "overlay network", "오버레이 네트워크", ["VXLAN"],
            en: "Joins containers of several hosts: their frames travel inside UDP packets (VXLAN) between the hosts.",
            ko: "여러 호스트의 컨테이너를 잇습니다. 프레임이 UDP 패킷 안에 담겨(VXLAN) 호스트 사이를 오갑니다.",
            [.tunnelCreate], lesson: "16-overlay"),
        GlossaryEntry(
            "macvlan", "macvlan", ["macvlan network"],
            en: "Gives a container a MAC address of its own on the host's cable; the kernel delivers frames by it.",
            ko: "호스트의 케이블에서 컨테이너에 자기 MAC 주소를 줍니다. 커널이 이 주소로 프레임을 전달합니다.",
            [.linkShare], lesson: "17-macvlan"),
        GlossaryEntry(
            "VLAN", "VLAN", ["IEEE 802.1Q"],
            en: "One of several networks on one cable: a number in each frame says to which it belongs.",
            ko: "케이블 하나에 있는 여러 네트워크 가운데 하나입니다. 프레임마다 적힌 번호로 구별합니다.",
            [.parentCreate], lesson: "17-macvlan"),
        GlossaryEntry(
            "MAC address", "MAC 주소", ["MAC"],
            en: "The 48-bit address of an interface on its cable or switch.",
            ko: "케이블이나 스위치에서 쓰는 인터페이스의 48비트 주소입니다.", [.vethCreate], lesson: "17-macvlan"),
        GlossaryEntry(
            "IP address", "IP 주소", ["address", "주소"],
            en: "The number under which an interface is reached. A container gets one at each start; names outlast it.",
            ko: "인터페이스에 닿기 위한 번호입니다. 컨테이너는 시작할 때마다 받습니다. 이름이 더 오래갑니다.",
            [.addressAssign, .networkRelease], lesson: "14-bridge"),
        GlossaryEntry(
            "gateway", "게이트웨이", ["default route", "기본 경로"],
            en: "Where everything is sent that is not for one's own network: for a container the bridge's address.",
            ko: "자기 네트워크가 아닌 곳으로 가는 것을 보내는 곳입니다. 컨테이너에서는 브리지의 주소입니다.",
            [.bridgeCreate], lesson: "14-bridge"),
        GlossaryEntry(
            "port", "포트",
            en: "A number from 1 to 65535 that tells the programs at one address apart.",
            ko: "한 주소에 있는 프로그램들을 구별하는 1에서 65535까지의 번호입니다.",
            [.portPublish, .networkJoin], lesson: "14-bridge"),
        GlossaryEntry(
            "published port", "공개 포트", ["-p", "port mapping"],
            en: "A port of the machine whose connections reach a port of a container: -p 8080:80.",
            ko: "이 컴퓨터의 포트로 온 연결을 컨테이너의 포트로 보내는 것입니다. -p 8080:80 옵션으로 지정합니다.",
            [.portPublish], lesson: "14-bridge"),
        GlossaryEntry(
            "NAT", "NAT", ["masquerade", "masquerading"],
            en: "Changing addresses on the way: containers reach the outside under the host's address.",
            ko: "가는 길에 주소를 바꾸는 일입니다. 컨테이너는 호스트의 주소로 밖과 통신합니다.",
            [.rulesApply, .uplinkTranslate], lesson: "14-bridge"),
        GlossaryEntry(
            "uplink", "업링크",
            en: "The cable from a node of the lab to your machine, and over it to other networks.",
            ko: "실습 환경의 노드에서 이 컴퓨터로, 다시 다른 네트워크로 이어지는 케이블입니다.",
            [.uplinkCreate], lesson: "14-bridge"),
        GlossaryEntry(
            "DNS", "DNS", ["name server", "네임 서버"],
            en: "Turns names into addresses. On networks that a user made the engine answers for container names.",
            ko: "이름을 주소로 바꿉니다. 사용자가 만든 네트워크에서는 엔진이 컨테이너 이름에 답합니다.",
            [.namesServe], lesson: "14-bridge"),
        GlossaryEntry(
            "internal", "내부 네트워크", ["internal network"],
            en: "A network without a way out (--internal): its containers reach each other and nobody else.",
            ko: "밖으로 나가는 길이 없는 네트워크(--internal)입니다. 그 안의 컨테이너끼리만 통신합니다.",
            [.rulesApply], lesson: "14-bridge"),
        GlossaryEntry(
            "set", "집합", ["nftables set"],
            en:
                "A list that one rule of nftables looks into, so that a new network or port adds an element and no rule.",
            ko: "nftables 규칙 하나가 들여다보는 목록입니다. 네트워크나 포트가 늘면 규칙 대신 원소를 더합니다.",
            [.rulesApply], lesson: "14-bridge"),
    ]
}
