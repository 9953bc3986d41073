import EngineAPI

extension KoreanTexts {
    static let lab: [StepKind: Explanation] = [
        .nodeDelete: Explanation(
            "노드",
            brief: "{node} 노드 삭제(컨테이너 {containers}개)",
            full: """
                Docker 호스트인 {node} 노드를 삭제했습니다. 컨테이너를 멈추고, 네트워크 네임스페이스를 닫고, 이미지와 볼륨, 네트워크가 \
                있던 디렉터리를 지웠습니다.
                """,
            deep: """
                노드가 커널에 가진 것은 모두 네트워크 네임스페이스와 엔진의 프로세스에 딸려 있습니다. 네임스페이스의 마지막 디스크립터를 \
                닫으면 브리지, 주소, 규칙, 케이블이 함께 사라집니다. 참고: network_namespaces(7).
                """),
        .swarmInit: Explanation(
            "스웜",
            brief: "{node} 노드가 새 스웜을 관리함, 주소 {address}",
            full: """
                스웜은 서로를 아는 Docker 호스트들의 모임입니다. {node} 노드가 첫 노드이자 관리자입니다. 다른 노드는 토큰을 보이고 \
                들어오며, 그러면 네트워크 하나를 모든 노드에 걸쳐 쓸 수 있습니다.
                """,
            deep: """
                실제 스웜은 관리자들이 Raft 방식으로 합의하는 기록에 공통 정보를 둡니다. 이 실습의 노드는 엔진 \
                하나가 맡으므로 기록이 파일 하나입니다. 케이블을 오가는 것은 컨테이너의 통신뿐이며, 서비스와 시크릿, \
                인증서는 다루지 않습니다. 참고: docker swarm init --help.
                """),
        .swarmJoin: Explanation(
            "스웜",
            brief: "{node} 노드가 {manager} 노드의 스웜에 들어감({?isManager}관리자{:}작업자{/}), 주소 {address}",
            full: """
                {node} 노드가 토큰을 보이고 스웜의 {?isManager}관리자{:}작업자{/} 노드가 되었습니다. 이 노드의 컨테이너도 스웜의 네트워크를 쓸 \
                수 있습니다.
                """,
            deep: """
                {node} 노드는 먼저 케이블 너머에 상대가 있는지 물었습니다. 케이블이 끊겨 있었다면 들어가지 못했을 것입니다. 다른 노드는 터널의 \
                패킷을 {address} 주소로 보냅니다. 참고: docker swarm join --help.
                """),
        .swarmLeave: Explanation(
            "스웜",
            brief: "{node} 노드가 스웜에서 나감",
            full: """
                {node} 노드가 나갔습니다. {?remaining}마지막 관리자가 아니었다면 다른 노드는 네트워크를 그대로 씁니다.{:}마지막 노드였으므로 \
                스웜도{?networks}, 그 네트워크도{/} 없어졌습니다.{/}
                """,
            deep: """
                관리자의 목록에는 docker node rm 명령으로 지울 때까지 down 상태로 남습니다. 참고: docker swarm leave --help.
                """),
        .tunnelCreate: Explanation(
            "터널",
            brief: "{network} 네트워크: 노드 사이의 {vni}번 터널, 출발 주소 {local}",
            full: """
                {network} 네트워크의 컨테이너는 여러 노드에 있지만 스위치 하나에 꽂힌 것처럼 통신합니다. 노드마다 브리지와 터널이 하나씩 있습니다. \
                다른 노드의 컨테이너로 가는 프레임은 그 노드로 가는 UDP 패킷에 담겨 나가며(VXLAN), {vni}번이라고 적혀 있습니다.
                """,
            deep: """
                {tunnel} 장치는 {bridge} 브리지의 포트이며 다른 노드의 {port}번 포트로 보냅니다. 스스로 배우지도, 모두에게 뿌리지도 않습니다. 어느 \
                MAC 주소가 어느 노드에 있고 어느 IP 주소의 주인이 누구인지 엔진이 표에 적고, ARP에는 그 자리에서 답합니다. 바깥 헤더가 50바이트를 \
                쓰므로 컨테이너의 가장 큰 패킷은 1450바이트입니다. 참고: ip-link(8), RFC 7348.
                """),
        .neighboursAdd: Explanation(
            "노드",
            brief: """
                {?peers}{peers} 노드에 알림: {address} 주소는 {end} 주소의 노드에 있음{:}다른 노드에는 아직 컨테이너가 없음{/}
                """,
            full: """
                {?peers}{network} 네트워크의 컨테이너가 있는 노드마다 두 줄을 더했습니다. {mac} 주소로 가는 프레임은 {end} 주소의 노드로 보내고, \
                {address} 주소의 MAC 주소가 그것이라는 내용입니다. {node} 노드는 다른 노드의 컨테이너 {known}개를 압니다.{:}{network} \
                네트워크에는 아직 {object} 컨테이너뿐입니다. 다른 노드에서 컨테이너를 시작하면 서로에게 알립니다.{/}
                """,
            deep: """
                앞줄은 {tunnel} 터널의 전달 항목이고 뒷줄은 이웃 항목이며 둘 다 rtnetlink로 넣은 영구 항목입니다. Docker는 \
                같은 두 가지 사실을 가십(gossip)으로 노드끼리 퍼뜨립니다. 참고: bridge(8), ip-neighbour(8).
                """),
        .neighboursRemove: Explanation(
            "노드",
            brief: """
                {?peers}{peers} 노드에서 {address} 주소를 지움{:}{address} 주소가 {network} 네트워크에서 나감{/}{?last}, 터널도 \
                사라짐{/}
                """,
            full: """
                다른 노드의 표에서 {mac} 주소와 {address} 주소의 줄을 지웠습니다. 이제 아무도 이 컨테이너 앞으로 {node} 노드에 보내지 \
                않습니다.{?last} 이 노드에서 {network} 네트워크의 마지막 컨테이너였으므로 터널도 없앴습니다.{/}
                """,
            deep: """
                낡은 항목이 남으면 받을 사람 없는 프레임이 계속 {node} 노드로 옵니다. 그래서 {tunnel} 터널의 \
                항목은 컨테이너와 함께 지웁니다. 참고: bridge(8).
                """),
        .parentCreate: Explanation(
            "부모",
            brief: "{parent} 인터페이스: {?lower}{lower} 인터페이스의 VLAN {vlan}번{:}밖으로 나가는 길이 없는 스위치{/}",
            full: """
                {?lower}케이블 하나에 여러 네트워크를 둘 수 있고, 프레임에 적힌 번호(VLAN)로 구별합니다. {parent} 인터페이스는 {lower} \
                인터페이스의 {vlan}번 네트워크입니다.{:}부모 인터페이스를 정하지 않았으므로 {network} 네트워크에는 아무 데도 이어지지 않은 \
                스위치가 생깁니다. 이 네트워크의 컨테이너끼리만 통신합니다.{/}
                """,
            deep: """
                {?lower}커널은 {lower} 인터페이스로 나가는 프레임에 번호를 붙이고 들어오는 프레임에서 떼어 냅니다(IEEE 802.1Q). 바깥의 \
                스위치도 이 번호를 알아야 합니다.{:}Docker는 여기에 dummy 종류의 인터페이스를 만듭니다. 빈 브리지도 같은 일을 하며 어느 \
                커널에나 있습니다.{/} 참고: ip-link(8).
                """),
        .linkShare: Explanation(
            "네트워크",
            brief: "{interface} 인터페이스: {parent} 인터페이스 위의 {kind}({mode})",
            full: """
                브리지도, 따로 놓은 케이블도 없습니다. {interface} 인터페이스는 {parent} 인터페이스의 \
                케이블에 바로 붙어 있습니다.{?mac} MAC 주소도 따로 있습니다({mac}).{/} 같은 케이블의 다른 \
                장치에게 {object} 컨테이너는 또 하나의 컴퓨터입니다. {?mode=passthru}케이블을 혼자 쓰므로 \
                {node} 노드는 이 케이블에서 아무것도 듣지 못합니다.{:}{node} 노드 자신만은 이 컨테이너에 닿지 \
                못합니다. {parent} 인터페이스가 보낸 것은 밖으로만 나갑니다.{/}
                """,
            deep: """
                {?kind=ipvlan}커널은 {parent} 인터페이스 위의 링크를 IP 주소로 구별하며 MAC 주소는 모두 같습니다.{:}커널은 {parent} \
                인터페이스로 들어온 프레임을 MAC 주소로 나눕니다.{/}{?mode=bridge} bridge 모드에서는 부모가 같은 링크끼리 커널 안에서 서로 \
                통신합니다.{/}{?mode=private} private 모드에서는 부모가 같은 링크끼리 통신하지 못합니다.{/}{?mode=vepa} vepa 모드에서는 \
                링크끼리 주고받는 것도 밖으로 나가며 스위치가 돌려보내야 합니다.{/}{?mode=passthru} passthru 모드의 링크는 부모의 MAC 주소를 \
                그대로 씁니다.{/} {node} 노드의 규칙도, 공개된 포트도 거치지 않습니다. 참고: ip-link(8).
                """),
        .cablePlug: Explanation(
            "케이블",
            brief: "{node} 노드를 실습용 케이블에 연결: {interface} {address}",
            full: """
                실습용 노드들은 자기들에게만 보이는 스위치로 이어져 있습니다. {node} 노드의 {interface} 인터페이스를 그 스위치에 \
                꽂았습니다. 실제 Docker 호스트의 네트워크 카드를 스위치에 꽂는 것과 같습니다.
                """,
            deep: """
                스위치는 별도의 네트워크 네임스페이스에 있는 cable0 브리지입니다. {node} 노드는 {port} 포트에 \
                꽂혀 있으며, veth 한 쌍이 둘을 잇습니다. 주소는 예제용으로 남겨 둔 것이라 어느 네트워크에서도 쓰지 \
                않습니다(RFC 5737). 참고: veth(4), bridge(8).
                """),
        .cableChange: Explanation(
            "케이블",
            brief: """
                {node} 노드: {?up}연결됨{:}끊김{/}{?loss}, 손실 {loss}{/}{?rate}, 최대 {rate}{/}{?delay}, 지연 {delay}{/}
                """,
            full: """
                {?up}{node} 노드는 실습용 케이블에 꽂혀 있습니다.{:}{node} 노드의 케이블을 끊었습니다. \
                프레임이 오가지 않고, {node} 노드에서도 링크가 끊긴 것이 보입니다.{/}{?loss} 지나가는 프레임을 \
                {loss} 비율만큼 무작위로 버립니다.{/}{?rate} 각 방향의 속도는 최대 \
                {rate}입니다.{/}{?delay} 프레임마다 {delay} 동안 붙잡아 둡니다.{/}
                """,
            deep: """
                케이블을 끊는 것은 브리지에서 {node} 노드의 포트를 내리는 것입니다. 손실은 프레임이 지나는 길에 있는 \
                nftables 규칙이며 프레임마다 난수를 씁니다. 속도는 양쪽 끝의 토큰 버킷으로 제한합니다. 너무 빨리 온 \
                것은 기다리고, 큐가 차면 버려집니다. TCP는 그것을 보고 느려집니다. 참고: tc-tbf(8), \
                nft(8).
                """),
    ]
}
