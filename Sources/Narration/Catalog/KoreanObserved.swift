import EngineAPI

extension KoreanTexts {
    /// 다른 엔진이 한 일에 대한 설명: 밖에서 보이는 것만 말합니다.
    static let observed: [StepKind: ObservedExplanation] = [
        .imageResolve: ObservedExplanation(
            brief: "{reference} 이미지, 읽기 전용 레이어 {layers}개, {node} 호스트에 있음",
            full: """
                이미지는 파일들과 기본 명령을 모은 것입니다. 실행해도 이미지는 바뀌지 않으며, 컨테이너 백 개가 같은 \
                이미지를 함께 읽을 수 있습니다. {reference} 이미지는 {node} 호스트에 있으며 레이어 \
                {layers}개, 크기 {size|bytes}입니다.
                """),
        .processClone: ObservedExplanation(
            full: """
                자기만의 네임스페이스 {count}개({namespaces})를 가진 새 프로세스입니다. /proc에 보이는 \
                번호가 이 셸의 것과 다릅니다. {object} 컨테이너 안에서는 첫 프로세스인 PID \
                {innerPid}번이고, 호스트에서는 같은 프로세스가 {pid}번입니다.
                """),
        .rootPivot: ObservedExplanation(
            full: """
                {object} 컨테이너의 프로세스에게는 쌓인 트리가 "/"입니다. {?readOnly}--read-only 옵션에 따라 읽기 전용입니다. \
                {/}호스트의 루트로 돌아가는 경로는 없습니다. "/" 위에는 아무것도 없고, 그 ".."는 자기 자신입니다.
                """),
        .networkCreate: ObservedExplanation(
            full: """
                네트워크는 {?driver=bridge}브리지 하나와{:}컨테이너를 잇는 방법과{/} 주소 \
                범위({subnet})에 붙인 이름입니다.
                """),
        .imageDelete: ObservedExplanation(
            brief: "{image|short} 이미지가 없어짐",
            full: "이미지를 가리키는 이름이 더는 없어서 설정을 지웠고, 다른 이미지가 쓰지 않는 레이어도 함께 지웠습니다."),
        .imageCommit: ObservedExplanation(
            brief: "{?image}{image|short} 이미지, {/}{container} 컨테이너가 쓴 것을 담은 새 레이어"),
        .filesPut: ObservedExplanation(brief: "{container} 컨테이너의 {directory} 경로에 아카이브를 풀었음"),
        .processSignal: ObservedExplanation(brief: "{?pid}PID {pid}번{:}첫 프로세스{/}에 {signal|signal} 시그널"),
        .processEnd: ObservedExplanation(
            brief: """
                {?pid}PID {pid}번{:}첫 프로세스{/} 종료{?signal}({signal|signal} 시그널){/}\
                {?outOfMemory}: 메모리 부족{/}, 종료 코드 {exitCode}
                """),
        .addressAssign: ObservedExplanation(brief: "{?interface}{interface} {/}{address}"),
        .vethCreate: ObservedExplanation(
            full: """
                가상 케이블입니다. 한쪽 끝은 {object} 컨테이너 안의 {?container}{container} {/}인터페이스이고, 다른 쪽 끝은 {node} \
                호스트의 브리지(소프트웨어 스위치)인 {bridge} 인터페이스에 꽂혀 있습니다.
                """),
        .cgroupFreeze: ObservedExplanation(brief: "{object} 컨테이너의 {?processes}프로세스 {processes}개{:}모든 프로세스{/} 멈춤"),
        .cgroupThaw: ObservedExplanation(brief: "{object} 컨테이너의 {?processes}프로세스 {processes}개{:}모든 프로세스{/} 다시 실행"),
    ]
}
