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
                브리지도, 따로 놓은 케이블도 없습니다. {interface} 인터페이스는 {parent} 인터페이스의 케이블에 바로 붙어 있습니다.{?mac} \
                MAC 주소는 {mac} 주소입니다.{/} 같은 케이블의 다른 장치에게 {object} 컨테이너는 또 하나의 컴퓨터입니다. \
                {?mode=passthru}케이블을 혼자 쓰므로 {node} 노드는 이 케이블에서 아무것도 듣지 못합니다.{:}{node} 노드 자신만은 이 \
                컨테이너에 닿지 못합니다. {parent} 인터페이스가 보낸 것은 밖으로만 나갑니다.{/}
                """,
            deep: """
                {?kind=ipvlan}커널은 {parent} 인터페이스 위의 링크를 IP 주소로 구별하며 MAC 주소는 모두 같습니다.{:}커널은 {parent} \
                인터페이스로 들어온 프레임을 MAC 주소로 나눕니다.{/} {?mode=bridge}bridge 모드에서는 부모가 같은 링크끼리 커널 안에서 서로 \
                통신합니다.{/}{?mode=private}private 모드에서는 부모가 같은 링크끼리 통신하지 못합니다.{/}{?mode=vepa}vepa 모드에서는 \
                링크끼리 주고받는 것도 밖으로 나가며 스위치가 돌려보내야 합니다.{/}{?mode=passthru}passthru 모드의 링크는 부모의 MAC 주소를 \
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
                스위치는 별도의 네트워크 네임스페이스에 있는 cable0 브리지입니다. {node} 노드가 꽂힌 포트의 이름은 {port} 포트이고, veth 한 \
                쌍이 둘을 잇습니다. 주소는 예제용으로 남겨 둔 것이라 어느 네트워크에서도 쓰지 않습니다(RFC 5737). 참고: \
                veth(4), bridge(8).
                """),
        .cableChange: Explanation(
            "케이블",
            brief: """
                {node} 노드: {?up}연결됨{:}끊김{/}{?loss}, 손실 {loss}{/}{?rate}, 최대 {rate}{/}{?delay}, 지연 {delay}{/}
                """,
            full: """
                {?up}{node} 노드는 실습용 케이블에 꽂혀 있습니다.{:}{node} 노드의 케이블을 끊었습니다. 프레임이 오가지 않고, {node} \
                노드에서도 링크가 끊긴 것이 보입니다.{/}{?loss} 지나가는 프레임 가운데 {loss} 비율을 무작위로 버립니다.{/}{?rate} 각 방향의 \
                최대 속도는 {rate} 속도입니다.{/}{?delay} 프레임마다 {delay} 동안 붙잡아 둡니다.{/}
                """,
            deep: """
                케이블을 끊으면 브리지에 있는 {node} 노드의 포트를 내립니다. 손실은 프레임이 지나는 길에 있는 nftables 규칙이며 프레임마다 \
                난수를 씁니다. 속도는 양쪽 끝의 토큰 버킷으로 제한합니다. 너무 빨리 온 것은 기다리고, 큐가 차면 버려집니다. TCP는 그것을 보고 \
                느려집니다. 참고: tc-tbf(8), nft(8).
                """),
    ]
}
