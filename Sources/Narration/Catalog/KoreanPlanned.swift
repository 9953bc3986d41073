import EngineAPI

extension KoreanTexts {
    /// 아직 하지 않은 단계에 대한 설명: 결과를 말하는 글을 쓸 수 없을 때 씁니다.
    static let planned: [StepKind: ObservedExplanation] = [
        .imageResolve: ObservedExplanation(
            brief: """
                {?layers}{reference} 이미지, 읽기 전용 레이어 {layers|count}개, {node} 노드에 이미 있음{:}바로 앞의 명령어가 만들 \
                이미지{/}
                """,
            full: """
                컨테이너 이미지(image)는 파일들과 기본 명령을 모은 것입니다. 실행해도 이미지는 바뀌지 않으므로 컨테이너 \
                백 개가 같은 이미지를 읽을 수 있습니다. {?layers}{reference} 이미지는 {node} 노드에 있으며(레이어 {layers|count}개, \
                {size|bytes} 크기) 새로 받지 않습니다.{:}여기서는 바로 앞의 명령어가 만들 이미지입니다.{/}
                """),
        .registryResolve: ObservedExplanation(
            brief: "{reference} 이름의 다이제스트를 저장소에 물음",
            full: """
                저장소(Registry)는 이미지를 나누어 주는 웹 서버입니다. {reference} 이름이 무엇을 뜻하는지 물으면 다이제스트로 \
                답합니다. 태그는 다른 이미지로 옮겨 갈 수 있지만 다이제스트는 바뀌지 않습니다.
                """),
        .manifestFetch: ObservedExplanation(brief: "{platform} 플랫폼용 이미지를 이루는 부분의 목록"),
        .layerDownload: ObservedExplanation(
            brief: "레이어 {number}번: {size|bytes} 크기, {digest|short} 다이제스트, 여기에 없을 때만",
            full: """
                레이어는 아카이브 하나로 오며, 받으면서 해시를 계산합니다. 한 바이트라도 다르면 버립니다. 다른 이미지나 이전의 \
                pull 덕분에 이미 있는 레이어는 다시 받지 않습니다.
                """),
        .layerUnpack: ObservedExplanation(brief: "{digest|short} 레이어를 풀기, 여기에 없을 때만"),
        .imageVerify: ObservedExplanation(brief: "매니페스트와 이미지 설정을 다시 읽어 해시 확인"),
        .imageTag: ObservedExplanation(
            brief: "{reference} -> {?image}{image|short}{:}이 이미지{/}",
            full: """
                태그(tag)는 이미지를 가리키는 이름이며, 복사되는 것은 없습니다. 그때부터 {reference} 이름은 \
                {?image}{image|short}{:}이{/} 이미지를 가리킵니다. 전에 다른 이미지를 가리켰다면 그 연결은 사라집니다.
                """),
        .registryConnect: ObservedExplanation(
            brief: "{registry} 저장소, {repository} 레포지토리",
            full: """
                이미지를 어디로 보낼지는 이름에 적혀 있습니다. 저장소(Registry)가 먼저이고 레포지토리(Repository)가 다음입니다. \
                저장소가 맞는지, 로그인이 필요한지 묻습니다.
                """),
        .layerUpload: ObservedExplanation(
            brief: "{?what=layer}레이어{:}설정{/} {digest|short} 블롭: {size|bytes} 크기, 저장소에 없을 때만",
            full: """
                부분이 먼저 가고, 그것을 적은 목록이 나중에 갑니다. 저장소에 이 다이제스트가 있는지 묻고, 없을 때만 \
                보냅니다.
                """),
        .manifestPush: ObservedExplanation(
            brief: "{registry} 저장소에서 {reference} 이름이 이 이미지를 가리킴",
            full: """
                마지막으로 매니페스트를 태그 이름으로 보냅니다. 그 순간부터 이 이름으로 pull하면 누구나 이 이미지를 받습니다. \
                저장소는 부분이 빠진 매니페스트를 거부합니다.
                """),
        .imageLoad: ObservedExplanation(
            brief: "아카이브에서 이미지 {images|count}개{?images}: {images}{/}"),
        .imageImport: ObservedExplanation(brief: "파일 트리를 레이어 하나로"),
        .buildInstruction: ObservedExplanation(
            brief: """
                {?image}{instruction} -> {image|short}{?cached}, 캐시에서{:}, 바탕 이미지{/}{:}{text}\
                {?reason=changed}: 캐시에 없음{/}{?reason=after}: 앞에서 바뀜{/}{?reason=off}: 캐시를 쓰지 않음{/}{/}
                """,
            full: """
                명령어(instruction) 하나마다 앞의 이미지에서 새 이미지가 만들어집니다. \
                {?reason=hit}이 이미지에서 같은 명령어를 실행한 적이 있으므로 그 결과를 빌드 캐시(build cache)에서 가져옵니다.{/}\
                {?reason=base}첫 이미지는 바탕이며, 복사되는 것은 없습니다.{/}\
                {?reason=changed}이 이미지에서 같은 명령어와 같은 파일로 만든 이미지가 없으므로 실제로 실행합니다.{/}\
                {?reason=after}앞의 명령어를 실제로 실행하므로 여기서부터는 캐시를 쓸 수 없습니다.{/}\
                {?reason=off}--no-cache 옵션에 따라 캐시를 쓰지 않습니다.{/}\
                {?reason}{:}캐시에 있는지는 앞의 명령어를 실행해야 알 수 있습니다.{/}
                """),
        .volumeFill: ObservedExplanation(
            brief: "이미지의 {source} 경로에 있는 것",
            full: """
                볼륨이 비어 있고 이미지의 {source} 경로에 내용이 있으므로, 소유자와 권한까지 그대로 복사합니다. 한 번만 하는 \
                일입니다. 나중의 컨테이너는 볼륨을 있는 그대로 봅니다.
                """),
        .filesPut: ObservedExplanation(brief: "{container} 컨테이너의 {directory} 경로에 아카이브를 풀기"),
        .imageCommit: ObservedExplanation(brief: "{container} 컨테이너가 쓴 것을 새 레이어로"),
        .cgroupFreeze: ObservedExplanation(brief: "{object} 컨테이너의 모든 프로세스가 멈춤"),
        .cgroupThaw: ObservedExplanation(brief: "{object} 컨테이너의 모든 프로세스가 다시 움직임"),
        .processEnd: ObservedExplanation(
            brief: """
                {?exitCode}PID {pid} 프로세스 종료{?signal}, {signal|signal} 시그널{/}, 종료 코드 {exitCode}{:}첫 프로세스 종료, 종료 \
                코드는 프로그램이 정함{/}
                """,
            full: """
                {?signal}시그널로 끝나며, 이때 종료 코드는 128 + 시그널 번호입니다.{:}종료 코드는 프로그램이 정하며, 0은 모두 잘되었다는 \
                뜻입니다. 시그널로 끝난 프로세스의 종료 코드는 128 + 시그널 번호입니다.{/}
                """),
        .networkRelease: ObservedExplanation(
            full: """
                마지막 프로세스가 끝나면 네트워크 네임스페이스와 함께 케이블도 사라지며, 남이 함께 쓰고 있으면 케이블만 뽑습니다. \
                {address} 주소는 그다음 {network} 네트워크의 다른 컨테이너가 쓸 수 있습니다.
                """),
        .cgroupRemove: ObservedExplanation(
            brief: "cgroup 삭제, 그동안 센 값을 읽은 뒤에",
            full: "마지막 프로세스가 끝나면 cgroup에 남은 값을 한 번 더 읽고, 빈 디렉터리처럼 지웁니다."),
        .layerDelete: ObservedExplanation(
            full: """
                {object} 컨테이너가 볼륨 밖에 쓴 것은 모두 레이어와 함께 없어집니다. 이미지의 레이어는 그대로 남습니다.
                """),
    ]
}
