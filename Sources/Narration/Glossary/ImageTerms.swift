extension Glossary {
    /// Images, and where they are kept.
    static let imageTerms: [GlossaryEntry] = [
        GlossaryEntry(
            "image", "컨테이너 이미지", ["container image", "이미지"],
            en: """
                What a container is made from: application, data and libraries as layers of files, with a default command \
                and settings. It is never changed by running it.
                """,
            ko: """
                컨테이너를 만드는 원본입니다. 애플리케이션, 데이터, 라이브러리를 담은 파일 레이어와 기본 명령, 설정으로 이루어집니다. 실행해도 \
                바뀌지 않습니다.
                """, [.imageResolve, .imageDelete], lesson: "05-vocabulary"),
        GlossaryEntry(
            "layer", "레이어",
            en:
                "Files that one step of building an image added, changed or deleted. Images and containers share layers.",
            ko: "이미지를 만드는 한 단계에서 더하거나 바꾸거나 지운 파일입니다. 이미지와 컨테이너가 함께 씁니다.",
            [.layerUnpack, .overlayMount], lesson: "07-layers"),
        GlossaryEntry(
            "writable layer", "쓰기 레이어", ["container layer", "upper"],
            en:
                "A container's own layer on top of the image's. What the container writes goes there; `docker rm` removes it.",
            ko: "이미지의 레이어 위에 있는 컨테이너만의 레이어입니다. 컨테이너가 쓰는 것이 저장되고 `docker rm` 명령이 지웁니다.",
            [.layerCreate, .layerDelete], lesson: "07-layers"),
        GlossaryEntry(
            "registry", "저장소(Registry)",
            en: "A server that keeps images and gives them out: Docker Hub, or one of your own.",
            ko: "컨테이너 이미지를 보관하고 나누어 주는 서버입니다. Docker Hub나 직접 운영하는 서버가 있습니다.",
            [.registryResolve, .registryConnect, .layerUpload, .manifestPush], lesson: "05-vocabulary"),
        GlossaryEntry(
            "repository", "레포지토리(Repository)", ["레포지토리"],
            en: "The place of one image's versions within a registry: library/busybox. Tags tell the versions apart.",
            ko: "저장소(Registry) 안에서 한 이미지의 여러 버전을 두는 곳입니다. 예: library/busybox. 버전은 태그로 구별합니다.",
            [.imageTag], lesson: "05-vocabulary"),
        GlossaryEntry(
            "tag", "태그",
            en:
                "A name for one version in a repository: busybox:1.36. A tag can be moved to another image at any time.",
            ko: "레포지토리 안의 한 버전에 붙인 이름입니다. 예: busybox:1.36. 태그는 언제든 다른 이미지로 옮길 수 있습니다.",
            [.imageTag, .imageResolve], lesson: "06-images"),
        GlossaryEntry(
            "latest", "latest",
            en: "The tag that is meant when none is given. It is a name like others, not \"the newest\".",
            ko: "태그를 쓰지 않을 때 쓰이는 태그입니다. 이름일 뿐 \"가장 새로운\" 버전이라는 뜻이 아닙니다.",
            [.imageResolve], lesson: "06-images"),
        GlossaryEntry(
            "reference", "이미지 이름", ["image reference", "image name"],
            en: "The whole name of an image: registry, repository, and a tag or a digest.",
            ko: "이미지의 전체 이름입니다. 저장소(Registry), 레포지토리(Repository), 태그 또는 다이제스트로 이루어집니다.",
            [.imageResolve], lesson: "06-images"),
        GlossaryEntry(
            "digest", "다이제스트", ["sha256"],
            en: "The SHA-256 of some bytes, used as their name: the same bytes have the same digest everywhere.",
            ko: "내용의 SHA-256 값을 이름으로 쓰는 것입니다. 내용이 같으면 어디서나 다이제스트가 같습니다.",
            [.imageResolve, .imageVerify], lesson: "06-images"),
        GlossaryEntry(
            "manifest", "매니페스트",
            en: "The list of what an image consists of: the digests of its configuration and of its layers.",
            ko: "이미지를 이루는 것의 목록입니다. 설정과 레이어의 다이제스트가 적혀 있습니다.",
            [.imageResolve, .manifestFetch, .manifestPush], lesson: "23-registry"),
        GlossaryEntry(
            "image index", "이미지 색인", ["index", "색인", "manifest list", "multi-platform image"],
            en: "A list of manifests for the same image on different processors, so that one name fits all.",
            ko: "같은 이미지의 CPU별 매니페스트 목록입니다. 이름 하나로 여러 CPU에 쓸 수 있습니다.",
            [.manifestFetch], lesson: "04-why-docker"),
        GlossaryEntry(
            "image configuration", "이미지 설정", ["config"],
            en:
                "The JSON that says how to run an image: command, environment, user, working directory; and its history.",
            ko: "이미지를 실행하는 방법을 적은 JSON입니다. 명령, 환경 변수, 사용자, 작업 디렉터리와 만들어진 과정이 들어 있습니다.",
            [.imageVerify], lesson: "06-images"),
        GlossaryEntry(
            "OCI", "OCI", ["Open Container Initiative", "image-spec"],
            en: "The standards for images, registries and runtimes, on which the tools of all makers agree.",
            ko: "이미지, 저장소(Registry), 런타임의 표준입니다. 여러 회사의 도구가 서로 통하는 까닭입니다.",
            [.imageLoad], lesson: "04-why-docker"),
        GlossaryEntry(
            "pull", "내려받기", ["docker pull", "다운로드"],
            en: "Getting an image from a registry: its manifest, then the layers that are not here yet.",
            ko: "저장소(Registry)에서 이미지를 받는 일입니다. 매니페스트를 받고, 아직 없는 레이어를 받습니다.",
            [.layerDownload], lesson: "06-images"),
        GlossaryEntry(
            "push", "올리기", ["docker push"],
            en: "Sending an image to a registry, which stores only the layers that it lacks.",
            ko: "이미지를 저장소(Registry)로 보내는 일입니다. 저장소에 없는 레이어만 보냅니다.",
            [.imageTag], lesson: "23-registry"),
        GlossaryEntry(
            "Dockerfile", "Dockerfile",
            en: "The recipe of an image as text: each instruction that changes files becomes a layer.",
            ko: "이미지를 만드는 방법을 적은 글입니다. 파일을 바꾸는 명령마다 레이어가 됩니다.",
            [.buildInstruction], lesson: "19-build"),
        GlossaryEntry(
            "build", "빌드", ["docker build"],
            en: "Making an image from a Dockerfile, instruction by instruction; unchanged ones come from the cache.",
            ko: "Dockerfile로 이미지를 만드는 일입니다. 바뀌지 않은 명령은 캐시에서 가져옵니다.",
            [.buildInstruction], lesson: "19-build"),
        GlossaryEntry(
            "build cache", "빌드 캐시", ["cache"],
            en: "Results of earlier builds. An instruction is taken from it if nothing it depends on has changed.",
            ko: "앞선 빌드의 결과입니다. 관련된 것이 바뀌지 않았으면 그 결과를 다시 씁니다.",
            [.buildInstruction], lesson: "19-build"),
        GlossaryEntry(
            "dangling image", "이름 없는 이미지", ["dangling", "<none>"],
            en: "An image without a name, listed as <none>. `docker image prune` removes those that nothing uses.",
            ko: "이름이 없어 <none>으로 나오는 이미지입니다. `docker image prune` 명령이 쓰이지 않는 것을 지웁니다.",
            [.imageUntag], lesson: "19-build"),
        GlossaryEntry(
            "save and load", "저장과 불러오기", ["docker save", "docker load"],
            en: "Whole images as an archive, with layers and history: to carry them without a registry.",
            ko: "이미지 전체를 레이어와 기록까지 아카이브로 다루는 일입니다. 저장소(Registry) 없이 옮길 수 있습니다.",
            [.imageLoad], lesson: "04-why-docker"),
        GlossaryEntry(
            "export and import", "내보내기와 가져오기", ["docker export", "docker import"],
            en: "One container's tree of files as an archive: without layers, command and settings.",
            ko: "컨테이너 하나의 파일 트리를 아카이브로 다루는 일입니다. 레이어, 명령, 설정은 없습니다.",
            [.imageImport], lesson: "12-copy-and-diff"),
        GlossaryEntry(
            "commit", "커밋", ["docker commit"],
            en: "Making an image from a container: its writable layer becomes the image's topmost layer.",
            ko: "컨테이너로 이미지를 만드는 일입니다. 쓰기 레이어가 이미지의 가장 위 레이어가 됩니다.", [.imageCommit],
            lesson: "23-registry"),
        GlossaryEntry(
            "base image", "바탕 이미지", ["FROM"],
            en: "The image that another is built on; their lower layers are the same and are stored once.",
            ko: "다른 이미지의 바탕이 되는 이미지입니다. 아래쪽 레이어가 같으므로 한 번만 저장됩니다.",
            [.buildInstruction], lesson: "19-build"),
        GlossaryEntry(
            "blob", "블롭",
            en: "A piece of content that is found by its digest alone: a layer, or an image's settings.",
            ko: "다이제스트만으로 찾는 내용 한 덩어리입니다. 레이어나 이미지의 설정이 블롭입니다.",
            [.layerDownload, .layerUpload], lesson: "23-registry"),
        GlossaryEntry(
            "instruction", "명령어", ["Dockerfile instruction"],
            en:
                "A line of a Dockerfile, such as RUN or COPY. What changes files becomes a layer; the rest is settings.",
            ko: "RUN, COPY 같은 Dockerfile의 한 줄입니다. 파일을 바꾸면 레이어가 되고, 나머지는 설정이 됩니다.",
            [.buildInstruction], lesson: "19-build"),
        GlossaryEntry(
            "build context", "빌드 컨텍스트", ["context"],
            en:
                "The directory that is sent to the engine for a build. COPY can take files from there and from nowhere else.",
            ko: "빌드할 때 엔진에 보내는 디렉터리입니다. COPY 명령어는 여기에 있는 파일만 가져올 수 있습니다.",
            unseen: (
                en: "it is sent before the first step; what is copied from it is told as an instruction",
                ko: "첫 단계 전에 보내며, 여기에서 복사한 것은 명령어로 설명합니다"
            ),
            lesson: "19-build"),
        GlossaryEntry(
            "build stage", "빌드 단계", ["stage", "multi-stage build"],
            en: "One of several FROM in a Dockerfile. Only the last makes the image; it can copy from those before.",
            ko: "Dockerfile에 여러 번 있는 FROM 가운데 하나입니다. 마지막 것만 이미지가 되고, 앞의 것에서 복사해 올 수 있습니다.",
            unseen: (
                en: "its instructions are told one by one",
                ko: "그 안의 명령어를 하나씩 설명합니다"
            ),
            lesson: "19-build"),
    ]
}
