import EngineAPI

extension KoreanTexts {
    static let images: [StepKind: Explanation] = [
        .imageResolve: Explanation(
            "이미지",
            brief: "{reference} 이미지, 읽기 전용 레이어 {layers|count}개, {node} 노드에 이미 있음",
            full: """
                컨테이너 이미지(image)는 파일들과 기본 명령을 모은 것입니다. 실행해도 이미지는 바뀌지 않으므로 컨테이너 \
                백 개가 같은 이미지를 읽을 수 있습니다. {reference} 이미지는 {node} 노드에 있으며(레이어 {layers|count}개, \
                {size|bytes} 크기) 새로 받지 않습니다.
                """,
            deep: """
                이미지 이름에서 이미지까지는 두 단계를 거칩니다. 먼저 색인에서 이 이름과 이 CPU에 맞는 \
                매니페스트(manifest)의 다이제스트를 찾고, 매니페스트에서 설정(명령, 환경 변수, 사용자)과 레이어의 \
                다이제스트를 찾습니다. 다이제스트는 내용 자체의 SHA-256 값이므로 손상된 파일은 바로 드러나고, 같은 \
                내용은 두 번 저장되지 않습니다. 태그를 쓰지 않으면 latest라는 이름의 태그를 뜻하며, 가장 새로운 \
                버전이라는 뜻은 아닙니다. 참고: image-spec, manifest.md.
                """),
        .imageLoad: Explanation(
            "불러오기",
            brief: "아카이브에서 이미지 {images|count}개{?images}: {images}{/}",
            full: """
                아카이브에 이미지 {images|count}개가 들어 있었습니다. 설정, 매니페스트, 레이어까지 실행에 필요한 것이 \
                모두 있습니다. 각 부분은 다이제스트와 맞는지 확인한 뒤에 저장했으며, 저장소(Registry)에는 묻지 않았습니다.
                """,
            deep: """
                두 가지 형식이 쓰입니다. OCI 이미지 레이아웃(index.json, blobs/sha256/...)과 Docker의 옛 형식\
                (manifest.json과 레이어별 tar 파일)입니다. 둘 다 tar 아카이브이며 `docker save` 명령이 만듭니다. 이미 \
                있는 부분은 다시 저장하지 않습니다. 다이제스트가 같으면 같은 내용이기 때문입니다. 참고: image-spec, \
                image-layout.md.
                """),
        .imageImport: Explanation(
            "가져오기",
            brief: "파일 트리를 레이어 하나로, {size|bytes} 크기",
            full: """
                파일 트리가 레이어 하나짜리 이미지가 되었습니다. 만들어진 과정의 기록이 없고, --change 옵션으로 주지 \
                않았다면 기본 명령도 없습니다. 파일만으로는 무엇을 실행할지 알 수 없기 때문입니다.
                """,
            deep: """
                `docker import` 명령은 `docker export` 명령이 만든 것, 곧 컨테이너 하나의 합쳐진 파일 트리를 받습니다. \
                레이어, 환경 변수, 명령은 들어 있지 않습니다. `docker load` 명령은 `docker save` 명령이 만든 완전한 \
                이미지를 받습니다. 새 이미지의 ID는 {image|short} 값이며, 설정 파일의 SHA-256 값입니다. 참고: \
                docker-image-import(1).
                """),
        .layerUnpack: Explanation(
            "레이어",
            brief: "{digest|short} 레이어{?wasHere}는 이미 풀려 있음{:}를 풀었음{/}: 파일 {files|count}개, {size|bytes} 크기",
            full: """
                레이어(layer)는 아카이브로 전달되고 디렉터리로 쓰입니다. 한 번만 풀어 두면 이 레이어를 가진 모든 이미지의 \
                모든 컨테이너가 같은 파일을 읽습니다.
                """,
            deep: """
                레이어에는 아래 레이어와 다른 것만 들어 있습니다. 지운 파일은 아카이브에 .wh.이름 항목으로 들어 있고, \
                디스크에서는 문자 장치 0/0, 곧 화이트아웃(whiteout)이 됩니다. overlayfs는 이것을 "없는 파일"로 \
                보여 줍니다. 소유자, 권한, 확장 속성은 그대로 유지되고, 디렉터리 밖으로 나가려는 이름은 거부됩니다. \
                위치는 {directory} 디렉터리입니다. 참고: image-spec, layer.md.
                """),
        .imageTag: Explanation(
            "태그",
            brief: "{reference} -> {image|short}",
            full: """
                태그(tag)는 이미지를 가리키는 이름이며, 복사되는 것은 없습니다. 이제 {reference} 이름은 {image|short} \
                이미지를 가리킵니다. 전에 다른 이미지를 가리켰다면 그 연결은 사라졌습니다.
                """,
            deep: """
                이름은 registry.example/team/app:1.2 같은 모양입니다. 첫 빗금 앞부분에 점이나 쌍점이 있거나 localhost이면 \
                저장소(Registry)이고, 그다음이 레포지토리(Repository), 마지막이 태그입니다. `docker push` 명령은 이 \
                이름을 보고 보낼 곳을 압니다. 이미지 하나에 이름은 여러 개일 수 있지만, 이름 하나는 이미지 하나만 \
                가리킵니다. 참고: docker-image-tag(1).
                """),
        .imageUntag: Explanation(
            "이름",
            brief: "{reference} 이름은 이제 {image|short} 이미지를 가리키지 않음",
            full: "이름만 없앴고 파일은 그대로입니다. 다른 이름이 가리키는 동안 이미지는 남아 있습니다.",
            deep: """
                마지막 이름을 잃었지만 컨테이너가 아직 쓰는 것은 이름 없는 이미지(dangling image)이며, 목록에 <none>으로 \
                나옵니다. \
                `docker image prune` 명령은 아무도 쓰지 않게 된 그런 이미지를 지웁니다. 참고: docker-image-rm(1).
                """),
        .imageDelete: Explanation(
            "삭제",
            brief: """
                {image|short} 이미지 삭제{?layers}, 레이어 {layers|count}개도 함께{:}, 레이어는 다른 이미지도 써서 \
                남음{/}
                """,
            full: """
                이 이미지를 가리키는 이름이 더는 없어서 설정을 지웠습니다. {?layers}다른 이미지가 쓰지 않는 레이어 \
                {layers|count}개도 함께 지웠습니다.{:}레이어는 모두 다른 이미지도 쓰고 있어서 남겨 \
                두었습니다.{/}
                """,
            deep: """
                레이어는 그것을 가진 이미지의 수로 관리됩니다. 같은 바탕에서 만든 두 이미지는 디렉터리를 함께 쓰고, \
                마지막 이미지가 사라질 때에야 그 공간이 비워집니다. 그래서 `docker images` 목록의 크기를 더하면 실제 \
                디스크 사용량보다 큽니다. `docker system df` 명령은 각 레이어를 한 번만 셉니다. 참고: \
                docker-image-rm(1).
                """),
    ]
}
