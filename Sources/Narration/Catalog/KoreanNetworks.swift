import EngineAPI

extension KoreanTexts {
    static let networks: [StepKind: Explanation] = [
        .nodeCreate: Explanation(
            "노드",
            brief: "{node} 노드에 자기만의 네트워크가 생김",
            full: """
                {node} 노드는 실습용 Docker 호스트입니다. 실제 호스트처럼 docker0 브리지와 주소, 규칙이 이 네트워크 네임스페이스 안에 \
                있습니다. 이 컴퓨터의 인터페이스와 규칙은 건드리지 않습니다.
                """,
            deep: """
                새 네트워크 네임스페이스에는 루프백 인터페이스만 있습니다. 케이블도, 경로도, 필터도 없습니다. 안에 \
                프로세스가 있거나 디스크립터가 열려 있는 동안 유지됩니다. 참고: network_namespaces(7).
                """),
        .bridgeCreate: Explanation(
            "브리지",
            brief: "{bridge} 브리지({address}), {network} 네트워크의 스위치",
            full: """
                브리지(bridge)는 소프트웨어로 만든 스위치입니다. {bridge} 브리지는 {network} 네트워크(브리지 네트워크)의 컨테이너들을 이어 주고, 밖으로 \
                나가는 길이기도 합니다. {address} 주소가 컨테이너들의 게이트웨이입니다.
                """,
            deep: """
                커널은 어느 포트 뒤에 어느 MAC 주소가 있는지 배우고, 프레임을 그쪽으로만 보냅니다. 주소가 있는 브리지는 노드의 \
                인터페이스이기도 하므로, 노드가 다른 인터페이스와의 사이에서 라우팅할 수 있습니다. 참고: bridge(8), ip-link(8).
                """),
        .networkCreate: Explanation(
            "네트워크",
            brief: "{name} 네트워크: {subnet} 서브넷, {gateway} 게이트웨이",
            full: """
                네트워크는 {?driver=bridge}브리지 하나와{:}컨테이너를 잇는 방법과{/} 주소 범위 하나에 붙인 이름입니다. {subnet} 서브넷은 다른 네트워크도, 이 컴퓨터의 경로도 쓰지 않는 \
                주소입니다.
                """,
            deep: """
                기록은 파일에 남으므로 엔진을 다시 시작해도 네트워크가 있습니다. 네트워크를 이루는 것은 커널 안에만 있습니다. Docker는 \
                172.17.0.0/16 서브넷부터 차례로 고릅니다. 참고: docker network create --help.
                """),
        .portPublish: Explanation(
            "포트",
            brief: "{address} 주소에서 {target} 주소로 연결",
            full: """
                공개 포트가 생겼습니다. Docker 호스트인 {node} 노드의 {number}번 포트에 접속하면 {object} 컨테이너의 {port} 포트로 \
                이어집니다.{?machine} 이 컴퓨터에서는 {machine} 주소로 브라우저에서 볼 수 있고, 이때 컨테이너에는 브리지가 보낸 것으로 보입니다.{/}
                """,
            deep: """
                들어오는 길은 두 가지입니다. 밖에서 {node} 노드로 온 패킷은 커널 규칙(DNAT)이 목적지를 {target} 주소로 바꾸므로 \
                컨테이너가 실제로 보낸 쪽을 봅니다. 나머지는 엔진이 포트를 열고 연결 두 개 사이에서 바이트를 옮깁니다. {node} 노드 자신, 다른 \
                컨테이너, 이 컴퓨터에서 오는 연결이 그렇습니다. 이 컴퓨터에서는 -p 옵션에 주소를 적지 않으면 루프백 주소만 씁니다. \
                node1 노드는 127.0.0.1 주소, 두 번째 노드는 127.0.0.2 주소입니다. 참고: nft(8), ip(7).
                """),
        .namesServe: Explanation(
            "이름",
            brief: "{address} 주소에서 이름에 답함",
            full: """
                사용자가 만든 네트워크에서는 컨테이너끼리 이름으로 찾을 수 있습니다. {object} 컨테이너에는 {address} 주소에 전용 네임 서버가 \
                있고, 엔진이 지금 아는 것으로 답합니다.
                """,
            deep: """
                엔진의 소켓이 {object} 컨테이너의 네트워크 네임스페이스 안에서 커널이 고른 포트를 쓰고, 53번 포트로 \
                가는 패킷을 규칙 하나가 그 포트로 보냅니다. 기본 브리지에는 이름이 없습니다. 다른 이름은 --dns \
                옵션으로 정한 서버에 묻거나, 노드에 업링크가 있으면 이 컴퓨터의 네임 서버에 묻습니다. 둘 다 없으면 그런 \
                이름은 없다고 답합니다. 참고: resolv.conf(5).
                """),
        .uplinkCreate: Explanation(
            "업링크",
            brief: "{nodeInterface} {nodeAddress} 주소를 이 컴퓨터의 {machineInterface} {machineAddress} 주소와 연결",
            full: """
                {node} 노드에서 이 컴퓨터로 가는 케이블입니다. 실습 환경 안에 받을 곳이 없는 것은 {nodeInterface} 인터페이스로 나갑니다. 이 \
                컴퓨터에는 반대쪽 끝인 {machineInterface} 인터페이스가 있고, 라우터처럼 패킷을 전달합니다.
                """,
            deep: """
                네트워크 네임스페이스마다 하나씩 있는 가상 인터페이스 한 쌍이며, 이 컴퓨터가 쓰지 않던 주소 네 개짜리 네트워크를 씁니다. \
                DRYDOCK_UPLINK=nat 설정이 있어서 만들었고 엔진과 함께 사라집니다. 참고: veth(4).
                """),
        .uplinkTranslate: Explanation(
            "NAT",
            brief: "{subnet} 네트워크에서 나가는 패킷을 이 컴퓨터의 주소로 바꿈",
            full: """
                밖에서는 {node} 노드로 가는 길을 모릅니다. 그래서 이 컴퓨터가 노드에서 온 패킷에 자기 주소를 \
                붙이고(NAT), 응답에서는 다시 뗍니다. 이 일은 {table} 테이블 하나가 합니다.
                """,
            deep: """
                주소는 두 번 바뀝니다. {node} 노드가 컨테이너의 패킷에 자기 주소를 붙이고, 이 컴퓨터가 다시 자기 주소를 붙입니다. 테이블은 엔진 \
                프로세스의 것이라서 프로세스가 끝나면 커널이 지웁니다. 패킷 전달은 {forwarding} 인터페이스에서만 켜고, 끝날 때 되돌립니다. \
                참고: nft(8).
                """),
        .networkDelete: Explanation(
            "네트워크",
            brief: "{name} 네트워크 삭제, {subnet} 서브넷 반납",
            full: """
                엔진이 {name} 네트워크의 기록을 지웠습니다. 이름과 {subnet} 서브넷은 다른 네트워크에 쓸 수 있습니다.
                """,
            deep: """
                이 네트워크로 만들었지만 실행 중이 아닌 컨테이너에는 네트워크 이름이 설정으로 남습니다. 이 네트워크가 없으면 \
                시작할 수 없습니다. 참고: docker network rm --help.
                """),
        .bridgeDelete: Explanation(
            "브리지",
            brief: "{bridge} 브리지 삭제",
            full: """
                {network} 네트워크의 브리지를 주소, 규칙의 항목과 함께 지웠습니다. 실행 중인 컨테이너의 케이블이 꽂혀 있지 않아서 지울 수 \
                있었습니다.
                """,
            deep: """
                인터페이스를 지울 때 커널은 쓰는 곳이 없어질 때까지 기다리므로 수십 밀리초쯤 걸립니다. 참고: ip-link(8).
                """),
        .rulesApply: Explanation(
            "규칙",
            brief: "{bridge} 브리지{?internal}에서 밖으로 나가는 길을 막음{:}를 다른 네트워크와 분리{/}",
            full: """
                브리지는 모두 한 노드에 있고 노드는 라우팅을 합니다. 규칙이 없으면 네트워크끼리 서로 닿으므로, 한 브리지에서 다른 브리지로 가는 \
                패킷을 버립니다.{?internal} 이 네트워크는 내부 네트워크(internal)라서 {bridge} 브리지 밖으로 나가지도, 밖에서 들어오지도 \
                못합니다.{/}{?talks}{:} 같은 네트워크의 컨테이너끼리도 통신할 수 없습니다.{/}
                """,
            deep: """
                노드의 네임스페이스에 nftables 테이블이 하나 있고, 네트워크마다 규칙을 만드는 대신 집합(set)을 씁니다. {bridge} 브리지는 \
                집합의 원소가 되고 규칙은 그대로입니다. {subnet} 서브넷에서 다른 곳으로 나가는 패킷은 노드의 주소로 바뀝니다(NAT). \
                밖에서는 돌아오는 길을 모르기 때문입니다. 참고: nft(8).
                """),
        .vethCreate: Explanation(
            "네트워크",
            brief: "{bridge} 브리지로 가는 케이블",
            full: """
                가상 케이블(veth)입니다. 한쪽 끝은 {object} 컨테이너의 {container} 인터페이스이고, 다른 쪽 끝은 {node} 노드의 브리지\
                (소프트웨어 스위치)인 {bridge} 장치에 꽂혀 있습니다.
                """,
            deep: """
                veth는 한 쌍이며, 한쪽에 넣은 것이 다른 쪽으로 나옵니다. 호스트 쪽 끝({host})은 컨테이너 쪽 \
                끝보다 먼저 켜져서 브리지에 연결되므로 첫 패킷을 잃지 않습니다. 컨테이너 쪽 끝은 {mac} MAC 주소를 \
                가지고 네트워크 네임스페이스 안에 생기며, 네임스페이스와 함께 사라집니다. 참고: veth(4).
                """),
        .addressAssign: Explanation(
            "주소",
            brief: "{interface} {address}",
            full: """
                {?bridge.create:bridge}브리지에 {address} 주소가 있으므로 노드 자신도 이 네트워크에 들어 \
                있습니다.{:}{network} 네트워크에서 비어 있던 {address} 주소를 {object} 컨테이너가 \
                실행되는 동안 씁니다. 같은 네트워크의 다른 컨테이너는 이 주소로 찾아옵니다.{/}
                """,
            deep: """
                주소는 엔진이 장부로 관리하며 DHCP는 쓰지 않습니다. 빗금 뒤의 숫자는 네트워크를 나타내는 비트 수입니다. 그 비트가 같은 \
                상대는 브리지를 통해 바로 닿습니다. 참고: ip-address(8).
                """),
        .routeAdd: Explanation(
            "경로",
            brief: "기본 경로 {gateway}",
            full: """
                자기 네트워크가 아닌 곳으로 가는 것은 모두 {?link.share:parent}바깥 케이블에 있는 {gateway} 주소의 장치로 보내고, 그다음은 그 장치가 정합니다.{:}브리지의 {gateway} \
                주소로 보냅니다. 그다음 어디로 갈지는 {node} 노드가 정합니다.{/}
                """,
            deep: """
                컨테이너에는 네트워크 네임스페이스가 따로 있으므로 라우팅 테이블도 따로 있습니다. 한 줄은 자기 네트워크를 위한 것이고, 이 \
                기본 경로는 나머지를 {interface} 인터페이스로 보냅니다. 참고: ip-route(8).
                """),
        .networkJoin: Explanation(
            "네트워크",
            brief: "{?kind=container}{target} 컨테이너의 네트워크를 함께 씀{:}{target} 노드의 네트워크를 함께 씀{/}",
            full: """
                네트워크 네임스페이스를 만들지 않았습니다. {object} 컨테이너는 {target} {?kind=container}컨테이너{:}노드{/}의 인터페이스, 주소, \
                포트를 씁니다. 거기서 이미 쓰는 포트는 쓸 수 없고, 포트를 공개할 필요도 없습니다.
                """,
            deep: """
                {?kind=container}setns(2)로 {target} 컨테이너의 네트워크 네임스페이스에 들어갑니다. 두 컨테이너는 localhost로 \
                통신합니다.{:}복제할 때 CLONE_NEWNET을 요청하지 않을 뿐입니다. `--network host` 옵션은 Docker 호스트의 네트워크를 뜻하며, \
                여기서는 실습 네임스페이스인 {target} 노드입니다.{/} 파일, 프로세스, 제한은 그대로 {object} 컨테이너의 것입니다. 참고: \
                network_namespaces(7).
                """),
        .networkNone: Explanation(
            "네트워크",
            brief: "none: 루프백 인터페이스만 있음",
            full: """
                --network none 옵션: 네트워크 네임스페이스에 lo 인터페이스만 있습니다. {object} 컨테이너는 자기 자신과만 통신할 수 있고, \
                밖과는 서로 닿지 않습니다.
                """,
            deep: """
                새 네트워크 네임스페이스는 누가 케이블을 연결하기 전까지 모두 이런 상태입니다. 드라이버 이름은 null, 네트워크 이름은 \
                none입니다. 참고: network_namespaces(7).
                """),
        .networkRelease: Explanation(
            "케이블",
            brief: "{address} 주소 반납, {?cable}케이블{:}인터페이스{/}도 사라짐",
            full: """
                {?cable}{?unplugged}실행 중인 컨테이너에서 케이블을 뽑았습니다.{:}마지막 프로세스가 끝나면서 네트워크 네임스페이스와 함께 \
                케이블도 사라졌습니다.{/} veth는 한쪽 끝만 있을 수 없습니다.{:}{?unplugged}실행 중인 컨테이너에서 인터페이스를 \
                뺐습니다.{:}마지막 프로세스가 끝나면서 네트워크 네임스페이스와 함께 인터페이스도 사라졌습니다.{/}{/} {address} \
                주소는 {network} 네트워크의 다음 컨테이너가 쓸 수 있습니다.
                """,
            deep: """
                {?unplugged}{:}커널은 네임스페이스를 백그라운드에서 정리합니다.{?cable} 그래서 \
                {interface} 장치가 수십 밀리초쯤 더 보일 수 있습니다.{/} {/}주소는 시작할 때마다 다시 \
                받으므로 바뀔 수 있지만, 이름은 그대로입니다. 참고: network_namespaces(7).
                """),
    ]
}
