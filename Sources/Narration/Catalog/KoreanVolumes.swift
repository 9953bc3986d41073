import EngineAPI

extension KoreanTexts {
    static let volumes: [StepKind: Explanation] = [
        .volumeCreate: Explanation(
            "볼륨",
            brief: "{?anonymous}이름 없는 새 볼륨 1개{:}새 볼륨 {volume}{/}",
            full: """
                볼륨은 엔진이 모든 컨테이너의 레이어 밖에 보관하는 디렉터리입니다. {?anonymous}아무도 이름을 주지 \
                않아서 무작위 16진수 64자리를 이름으로 받았습니다. --rm 옵션과 `docker rm -v` 명령은 \
                컨테이너와 함께 이 볼륨도 지웁니다.{:}`docker volume rm {volume}` 명령을 쓸 때까지 \
                남아 있습니다.{/}
                """,
            deep: """
                {path} 경로의 보통 디렉터리이며, 옆에 있는 엔진의 기록에 이름, 레이블, 시각이 있습니다. 이미 있는 볼륨은 \
                비우지 않습니다. 다시 만들어도 아무것도 바뀌지 않습니다. 참고: docker-volume-create(1).
                """),
        .volumeFill: Explanation(
            "채우기",
            brief: "이미지의 {source} 경로에서 항목 {entries|count}개",
            full: """
                볼륨이 비어 있고 이미지의 {source} 경로에 내용이 있으므로, 항목 {entries|count}개를 소유자와 권한까지 그대로 \
                복사했습니다. 한 번만 하는 일입니다. 나중의 컨테이너는 볼륨을 있는 그대로 봅니다.
                """,
            deep: """
                빈 볼륨만, 그리고 nocopy 옵션이 없을 때만 채웁니다. 이 컴퓨터의 디렉터리(바인드 마운트)는 채우지 않습니다. \
                이미지의 그 경로에 있던 것은 가려집니다. 참고: docker-run(1)의 --volume 옵션.
                """),
        .volumeDelete: Explanation(
            "볼륨",
            brief: "{volume|short} 볼륨과 그 안의 모든 것 삭제",
            full: """
                디렉터리를 지웠고, 되돌릴 방법은 없습니다. 실행 중이든 아니든 어떤 컨테이너가 볼륨을 쓰고 있으면 지울 수 \
                없습니다.
                """,
            deep: """
                기록을 먼저 지우므로, 중간에 멈추어도 다음 시작 때 지울 디렉터리가 남을 뿐 파일이 반만 있는 볼륨은 남지 \
                않습니다. 참고: docker-volume-rm(1).
                """),
        .filesPut: Explanation(
            "복사",
            brief: "{container} 컨테이너의 {directory} 경로에 항목 {entries|count}개를 풀었음",
            full: """
                클라이언트가 보낸 아카이브를 엔진이 컨테이너의 루트에서 본 {directory} 경로에 풀었습니다. 볼륨에 \
                있지 않은 것은 이제 컨테이너의 쓰기 레이어에 있습니다. 컨테이너 안의 프로세스는 관여하지 않았습니다.
                """,
            deep: """
                이름은 openat2(2) 호출의 RESOLVE_IN_ROOT 방식으로 찾으므로, 컨테이너의 심볼릭 링크를 \
                따라가도 이 컴퓨터로 나갈 수 없습니다. `docker diff {container}` 명령은 {upper} \
                디렉터리의 지금 내용을 보여 줍니다. 참고: docker-cp(1).
                """),
        .imageCommit: Explanation(
            "이미지",
            brief: "{image|short} 이미지, 새 레이어 {size|bytes}",
            full: """
                {container} 컨테이너가 쓴 것이 이미지의 레이어 위에 레이어 하나로 더해졌고, 컨테이너의 설정이 새 이미지의 \
                설정이 되었습니다. 볼륨 안의 것, 프로세스, 메모리는 들어 있지 않습니다.
                """,
            deep: """
                이 레이어는 {upper} 디렉터리의 아카이브입니다. 파일은 그대로, 삭제는 빈 .wh. 파일로 적습니다. \
                이렇게 만든 이미지는 글만 보고 다시 만들 수 없지만, `docker build` 명령으로 만든 이미지는 그럴 \
                수 있습니다. 참고: docker-commit(1).
                """),
    ]
}
