import EngineAPI

extension KoreanTexts {
    static let containerDisk: [StepKind: Explanation] = [
        .containerCreate: Explanation(
            "기록",
            brief: "{name} 컨테이너의 ID는 {id|short}, {?image}원본은 {image} 이미지{:}원본 이미지 없음{/}",
            full: """
                {name} 컨테이너의 설정, 명령, ID({id|short})를 적어 두었습니다. 아직 실행 중은 아닙니다. \
                컨테이너는 이 기록과 자기 레이어이며, 프로세스는 실행 중일 때만 있습니다.
                """,
            deep: """
                ID는 무작위 256비트이고, 이름은 사람을 위한 표시입니다. 둘 다 이 노드에서 하나뿐입니다. 기록은 \
                {directory} 디렉터리의 JSON 파일이며, 쓰기, fsync, 이름 바꾸기의 순서로 저장하므로 중간에 멈추어도 옛것 \
                아니면 새것이 남습니다. `docker create` 명령은 여기서 끝나고 `docker start` 명령이 이어받습니다. \
                `docker run` 명령은 둘을 모두 합니다. 참고: docker-container-create(1).
                """),
        .layerCreate: Explanation(
            "디스크",
            brief: "{object} 컨테이너의 빈 쓰기 레이어 1개",
            full: """
                {object} 컨테이너만의 레이어이며 비어 있습니다. 이미지의 \
                레이어{?image.resolve:layers} {image.resolve:layers}개{/} 위에 \
                놓입니다. 컨테이너가 볼륨 밖에 쓰는 것은 여기에 저장되고, {?removed}컨테이너가 \
                끝나면(--rm){:}`docker rm {object}` 명령을 쓰면{/} 함께 사라집니다.
                """,
            deep: """
                커널에는 같은 파일 시스템의 디렉터리 두 개가 필요합니다. upper는 레이어 자체이고, work는 복사본을 준비하는 \
                곳입니다. 준비된 복사본은 이름 바꾸기 한 번으로 upper에 옮겨집니다. `docker diff` 명령은 아무것도 \
                비교하지 않고 upper의 내용을 보여 줍니다. 참고: 커널 문서 overlayfs.rst.
                """),
        .layerDelete: Explanation(
            "디스크",
            brief: "{object} 컨테이너의 쓰기 레이어 삭제{?entries}(항목 {entries|count}개){/}",
            full: """
                {?entries}{object} 컨테이너가 볼륨 밖에 쓴 것이 모두 함께 사라졌습니다.{:}{object} 컨테이너는 볼륨 밖에 \
                아무것도 쓰지 않아서 비어 있었습니다.{/} 이미지의 레이어는 그대로입니다.
                """,
            deep: """
                먼저 마운트를 해제한 다음, upper 디렉터리를 보통 디렉터리처럼 지웁니다. 컨테이너보다 오래 남아야 하는 것은 \
                볼륨에 두거나 `docker commit` 명령으로 이미지에 넣어야 합니다. 참고: docker-container-rm(1).
                """),
        .containerDelete: Explanation(
            "기록",
            brief: "{name} 컨테이너의 기록 삭제, 이름은 다시 쓸 수 있음",
            full: """
                {name} 컨테이너의 설정과 로그를 지웠으므로 `docker ps -a` 목록에 더는 나오지 않습니다. 원본 \
                이미지는 그대로 있어서, `docker run` 명령으로 언제든 새 컨테이너를 만들 수 있습니다.
                """,
            deep: """
                {id|short} 컨테이너의 기록은 거기에 적힌 것을 모두 지운 뒤 마지막에 지웁니다. 중간에 멈추어도 남은 것을 \
                찾아 지울 수 있습니다. 참고: docker-container-rm(1).
                """),
        .containerRename: Explanation(
            "이름",
            brief: "{old} 컨테이너의 새 이름: {name}",
            full: """
                이름만 바뀌었고 ID는 같습니다. 실행 중인 프로세스는 알아차리지 못합니다. 안에서 보이는 호스트 이름은 시작할 \
                때 정해졌기 때문입니다.
                """,
            deep: """
                커널은 컨테이너의 이름을 모릅니다. 이름은 엔진의 기록에 있고, 사용자가 만든 네트워크에서는 엔진의 네임 \
                서버에도 있습니다. 이 서버가 이제 {name} 이름에 답합니다. 참고: \
                docker-container-rename(1).
                """),
    ]
}
