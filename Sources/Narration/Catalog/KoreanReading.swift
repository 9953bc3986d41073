import EngineAPI

extension KoreanTexts {
    /// 아무것도 바꾸지 않고 읽기만 하는 명령. 물을 때만 이야기한다.
    static let reading: [StepKind: Explanation] = [
        .processesList: Explanation(
            "목록",
            brief: "{container} 컨테이너의 프로세스 {processes|count}개, {?by=namespace}PID 네임스페이스를 보고 찾음{:}cgroup의 목록에서{/}",
            full: """
                {container} 컨테이너 안에서는 아무것도 실행하지 않았습니다. {?by=namespace}PID 네임스페이스가 이 컨테이너의 것인 프로세스를 찾았고,{:}프로세스 목록은 cgroup에 있고,{/} `ps` 명령이 말할 내용은 /proc에 \
                있습니다. 번호는 이 컴퓨터의 것이며, 안에서는 1부터 셉니다.
                """,
            deep: """
                {?by=namespace}{file} 링크가 네임스페이스를 가리키며, 프로세스마다 이런 링크가 있습니다. {:}{file} 파일에는 이 \
                컴퓨터가 세는 번호가 한 줄에 하나씩 있습니다. {/}/proc/PID/status의 NSpid 줄에는 안으로 들어가며 만나는 \
                PID 네임스페이스마다의 번호가 있습니다. 이미지에 ps가 있으면 `docker exec {container} ps` 명령이 안에서 본 모습을 보여 \
                줍니다. 참고: proc_pid_status(5), pid_namespaces(7).
                """),
        .countersRead: Explanation(
            "계수기",
            brief: "지금까지 메모리 {memory|bytes}, CPU 시간 {cpuTime|time}",
            full: """
                커널은 어차피 cgroup마다 셉니다. `docker stats` 명령은 파일 {files|count}개를 읽어 열을 계산합니다. CPU % 값은 두 번 읽은 \
                값의 차이를 그 사이의 시간으로 나눈 것입니다.
                """,
            deep: """
                MEM USAGE 값은 바로 비울 수 있는 파일 캐시(memory.stat의 inactive_file)를 \
                빼므로 {memoryFile} 파일의 값보다 작습니다. NET I/O 값은 컨테이너의 네트워크 네임스페이스에 \
                있는 인터페이스에서, BLOCK I/O 값은 blkio 계수기(버전 2는 io.stat)에서 옵니다. 참고: \
                커널의 cgroup-v1/memory.rst, cgroup-v2.rst.
                """),
        .changesRead: Explanation(
            "변경",
            brief: "추가 {added}개, 변경 {changed}개, 삭제 {deleted}개",
            full: """
                변경 목록은 파일을 하나씩 비교한 것이 아닙니다. {container} 컨테이너가 쓴 것은 모두 자기 디렉터리, 곧 upper 레이어에 있습니다. 거기에만 있으면 \
                A, 아래 레이어에도 있으면 C, 화이트아웃(whiteout)이면 D입니다.
                """,
            deep: """
                화이트아웃은 지운 파일의 이름을 가진 0/0 문자 장치입니다. overlayfs는 이것으로 아래 레이어 {layers|count}개에 아직 있는 것을 \
                가립니다. 디렉터리가 C인 것은 그 안에 새것이 있기 때문입니다. 참고: 커널의 overlayfs.rst.
                """),
        .filesGet: Explanation(
            "복사",
            brief: """
                {container} 컨테이너의 {path} 경로{?place=upper}, 쓰기 레이어에서{/}{?place=image}, 이미지에서{/}\
                {?place=mount}, 거기에 마운트된 것에서{/}
                """,
            full: """
                엔진이 컨테이너의 루트를 거쳐 {path} 경로를 읽어 아카이브로 보냈습니다. 컨테이너 안의 프로세스는 \
                관여하지 않았으며, 실행 중이 아닌 컨테이너도 똑같이 읽을 수 있습니다.
                """,
            deep: """
                이름은 openat2(2) 호출의 RESOLVE_IN_ROOT 방식으로 찾으므로, 심볼릭 링크를 따라가도 이 \
                컴퓨터로 나갈 수 없습니다. {container} 컨테이너가 스스로 바꾼 것은 {upper} 디렉터리에 있고, \
                나머지는 이미지의 레이어에 있습니다. 참고: docker-cp(1).
                """),
    ]
}
