import EngineAPI

extension KoreanTexts {
    static let registries: [StepKind: Explanation] = [
        .registryResolve: Explanation(
            "저장소",
            brief: "{reference} 이름은 {?isLab}실습용 저장소{:}{registry} 저장소{/}에서 {digest|short} 다이제스트",
            full: """
                저장소(Registry)는 이미지를 나누어 주는 웹 서버입니다. {reference} 이름이 무엇을 뜻하는지 물었고, 저장소는 \
                다이제스트로 답했습니다. {?isLab}이 컴퓨터에 있는 실습용 저장소이므로 인터넷이 필요 없습니다.{:}태그는 다른 \
                이미지로 옮겨질 수 있지만 다이제스트는 바뀌지 않습니다.{/}
                """,
            deep: """
                어디에 물을지는 이름에 적혀 있습니다. 첫 빗금 앞부분이 호스트이고, 호스트가 없으면 docker.io입니다. \
                docker.io 이름은 실습용 저장소에 먼저 묻습니다. 요청은 GET /v2/{repository}/manifests/태그 한 번입니다. \
                다이제스트는 받은 {size|bytes} 내용의 SHA-256 값이므로, 중간에서 내용을 바꾸면 바로 드러납니다. 참고: \
                distribution-spec, "Pulling manifests".
                """),
        .manifestFetch: Explanation(
            "목록",
            brief: "{platform} 플랫폼용: 레이어 {layers|count}개, {size|bytes} 크기",
            full: """
                매니페스트(manifest)는 이미지를 이루는 부분의 목록입니다. 설정 하나와 레이어 {layers|count}개가 다이제스트와 \
                크기로 적혀 있습니다. 한 이름에 프로세서 종류마다 매니페스트가 있을 수 있으며, 여기서는 {platform} \
                플랫폼용을 골랐습니다.
                """,
            deep: """
                여러 플랫폼용으로 만든 이미지의 이름은 먼저 색인(index)을 가리킵니다. 색인은 매니페스트의 목록이며, 이 이름에는 \
                {choices}개가 있습니다. 설정(명령, 환경 변수, 기록)도 레이어처럼 블롭(blob)이고, 설정의 다이제스트 \
                {image|short} 값이 이미지의 ID입니다. 모든 부분은 다이제스트로 요청합니다. 참고: image-spec, manifest.md, \
                image-index.md.
                """),
        .layerDownload: Explanation(
            "받기",
            brief:
                "레이어 {number}번: {?wasHere}{digest|short} 레이어는 이미 있음{:}{size|bytes} 크기, {digest|short} 다이제스트 확인{/}",
            full: """
                {?wasHere}이 레이어는 다른 이미지나 이전의 내려받기(pull) 덕분에 이미 있어서 받지 않았습니다.{:}레이어는 아카이브 하나로 \
                왔고, 받는 동안 해시를 계산했습니다. 한 바이트라도 다르면 버립니다.{/}
                """,
            deep: """
                레이어는 한 번에 세 개씩 GET /v2/이름/blobs/다이제스트 요청으로 받습니다. 끊긴 전송은 끊긴 곳부터 이어집니다\
                (Range: bytes=N-). 아카이브는 {path} 파일로 남습니다. 파일 이름이 곧 다이제스트이므로, 같은 레이어를 쓰는 다음 \
                이미지는 다시 받지 않습니다. 참고: distribution-spec, "Pulling blobs".
                """),
        .imageVerify: Explanation(
            "검증",
            brief: "디스크에 저장된 매니페스트({digest|short})와 이미지 설정({image|short}) 확인",
            full: """
                저장한 것을 다시 읽어 다이제스트를 다시 계산했습니다. 매니페스트와 설정은 저장소가 말한 것과 한 바이트도 다르지 \
                않습니다. 설정에는 레이어의 압축을 푼 아카이브의 다이제스트가 적혀 있습니다.
                """,
            deep: """
                레이어 하나에는 다이제스트가 두 개 있습니다. 매니페스트의 것은 전송되는(대개 압축된) 아카이브의 값이고, \
                설정의 것(diff_ids)은 압축을 푼 아카이브의 값입니다. 둘 다 비교했습니다. 그래서 설정의 다이제스트인 이미지 ID가 \
                그 안의 모든 파일을 보증합니다. 참고: image-spec, config.md.
                """),
        .registryConnect: Explanation(
            "저장소",
            brief: "{?isLab}실습용 저장소 {registry} 주소{:}{registry} 저장소{/}, {repository} 레포지토리",
            full: """
                이미지를 어디로 보낼지는 이름에 적혀 있습니다. 저장소(Registry)가 먼저이고 레포지토리(Repository)가 다음입니다. \
                {?isLab}이 컴퓨터에 있는 실습용 저장소이므로 보낸 것은 이 컴퓨터에 남습니다. {/}저장소에 로그인이 필요한지 \
                물었습니다.
                """,
            deep: """
                GET /v2/ 요청이 인사입니다. 200 응답은 들어와도 된다는 뜻이고, 401 응답은 누구인지 증명하는 \
                방법(비밀번호 또는 토큰)을 알려 줍니다. `docker login` 명령은 필요한 것을 \
                ~/.docker/config.json 파일에 보관합니다. 인증서로 상대를 확인하지 않는 HTTP는 이 컴퓨터와, 안전하지 \
                않다고 지정한 저장소에만 씁니다. 참고: distribution-spec, "API".
                """),
        .layerUpload: Explanation(
            "보내기",
            brief: """
                {?what=layer}레이어{:}설정{/} {digest|short} 블롭: {?from}{from} 레포지토리에서 가져옴{:}{?sent}{sent|bytes} 보냄{:}이미 있음{/}{/}
                """,
            full: """
                목록보다 부분을 먼저 보냅니다. 저장소에 이 다이제스트가 있는지 물었습니다. {?from}저장소가 {from} \
                레포지토리에서 가져왔고 전송은 없었습니다.{:}{?sent}없어서 내용을 보냈습니다.{:}이미 있어서 보내지 \
                않았습니다.{/}{/}
                """,
            deep: """
                HEAD /v2/이름/blobs/다이제스트 요청으로 묻고, POST로 시작하고(또는 다른 레포지토리에서 가져오게 하고), PATCH로 \
                내용을 보내고, PUT으로 다이제스트를 말하면 저장소가 확인합니다. 부분의 이름이 내용에서 나오므로, 이미지의 새 \
                버전은 바뀐 레이어만 보냅니다. 참고: distribution-spec, "Pushing blobs".
                """),
        .manifestPush: Explanation(
            "게시",
            brief: "{reference} 이름은 이제 {digest|short} 다이제스트",
            full: """
                마지막으로 매니페스트를 태그 이름으로 보냈습니다. 이 순간부터 이 이름으로 내려받는 사람은 누구나 이 이미지를 \
                받습니다. 저장소는 부분이 빠진 매니페스트를 거부합니다.
                """,
            deep: """
                PUT /v2/이름/manifests/태그 요청에 매니페스트 {size|bytes} 내용을 담았습니다. 태그가 전에 다른 것을 가리켰다면 그 \
                매니페스트는 다이제스트로 여전히 받을 수 있습니다(이름@sha256:...). 내일도 같은 것을 뜻해야 하는 파일에는 \
                다이제스트를 적습니다. 참고: distribution-spec, "Pushing manifests".
                """),
    ]
}
