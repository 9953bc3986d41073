import EngineAPI

extension KoreanTexts {
    /// What makes the process and the tree it sees.
    static let starting: [StepKind: Explanation] = [
        .overlayMount: Explanation(
            "루트",
            brief: "읽기 전용 레이어 {layers|count}개와 {object} 컨테이너의 레이어를 한 트리로 쌓음",
            full: """
                오버레이(overlay)는 읽기 전용 레이어 {layers|count}개(이미지의 레이어와, 마운트할 자리를 담은 작은 레이어)와 {object} 컨테이너의 레이어를 한 트리로 보여 줍니다. \
                읽을 때는 가장 위에 있는 파일을 찾고, 처음 쓸 때는 컨테이너의 레이어로 복사한 뒤 씁니다(복사 후 쓰기). 그래서 이미지는 \
                바뀌지 않습니다.
                """,
            deep: """
                fsopen, 레이어마다 lowerdir+, upperdir, workdir, fsmount 순서입니다. \
                결과는 아직 어디에도 붙지 않은 마운트이며 엔진은 디스크립터로 들고만 있고, 붙이는 것은 컨테이너입니다. \
                이미지의 파일을 지우면 upper에 화이트아웃(문자 장치 0/0)이 남습니다. \
                {?volatile}volatile: 커널이 이 레이어를 위해 디스크를 기다리지 않아서 끝낼 때 빠르지만, \
                정전 뒤에는 이 레이어를 믿을 수 없습니다. {/}참고: fsopen(2), 커널 문서 \
                overlayfs.rst.
                """),
        .cgroupCreate: Explanation(
            "제한",
            brief: "{?limited}cgroup 1개, 제한 있음{:}cgroup 1개, 세기만 함(-m, --cpus 없음){/}",
            full: """
                cgroup은 {object} 컨테이너가 쓰는 자원을 세고 제한할 수 있습니다. {?limited}지정한 제한은 cgroup 파일에 \
                숫자로 적힙니다.{:}-m이나 --cpus 옵션이 없으므로 세기만 하며, 메모리를 있는 대로 쓸 수 있습니다.{?directories>1} 아주 큰 숫자는 제한이 없다는 뜻입니다.{/}{/}
                """,
            deep: """
                cgroup은 디렉터리이며, 읽고 쓸 파일은 커널이 채워 줍니다. {?directories>1}이 컴퓨터는 cgroup 버전 1이라서 \
                자원마다 트리가 따로 있고, 이 컨테이너의 디렉터리는 {directories|count}개입니다.{:}이 컴퓨터는 cgroup \
                버전 2라서 모든 자원이 한 트리에 있고, 이 컨테이너의 디렉터리는 하나입니다.{/} cgroup은 Docker가 아니라 \
                커널의 기능입니다. systemd도 서비스마다 cgroup을 만듭니다. 참고: cgroups(7).
                """),
        .cgroupLimit: Explanation(
            "제한",
            brief: """
                {?resource=memory}{?value=-1}메모리 제한 없음{:}메모리 최대 {value|bytes}{/}{:}\
                {?resource=pids}{?value=max}프로세스 수 제한 없음{:}프로세스 최대 {value}개{/}{:}\
                {?resource=cpuQuota}{value|period}마다 CPU 시간 {value|quota}{:}\
                {?resource=cpuset}{value}번 CPU만{:}{?resource=cpuShares}CPU 가중치 {value}{:}\
                {?resource=devices}{?value=all}모든 장치{:}규칙에 있는 장치만{/}{:}\
                {?resource=memoryReservation}메모리가 모자랄 때 {value|bytes} 보장{:}\
                {?resource=memorySwappiness}스왑 성향 {value}{:}{?resource=outOfMemoryKillDisabled}\
                {?value=1}강제로 끝나는 대신 메모리를 기다림{:}메모리가 모자라면 강제로 끝날 수 있음{/}{:}\
                {?resource=blockWeight}디스크 가중치 {value}{:}{?resource=blockRate}디스크 속도 초당 최대 {value}{:}\
                {resource|spaced} {value}{/}{/}{/}{/}{/}{/}{/}{/}{/}{/}{/}
                """,
            full: """
                {?resource=memory}{?value=-1}{object} 컨테이너는 메모리를 있는 대로 쓸 수 있습니다.{:}{object} \
                컨테이너가 {value|bytes} 크기를 넘는 메모리를 요구하고 비울 것이 없으면, 커널이 그 안의 프로세스를 \
                강제로 끝냅니다(메모리 부족, 종료 코드 137).{/}{:}{?resource=pids}{?value=max}{object} 컨테이너의 \
                프로세스 수에 제한이 없습니다.{:}{object} 컨테이너의 프로세스와 스레드가 모두 {value}개에 이르면 fork \
                호출이 EAGAIN 오류로 실패합니다. 포크 폭탄은 여기서 멈춥니다.{/}{:}{?resource=cpuQuota}{value|period}마다 CPU 시간을 \
                {value|quota}까지 쓸 수 있습니다. 이 할당량을 다 쓰면 다음 주기를 기다립니다. 강제로 끝나지 않고 느려질 \
                뿐입니다.{:}{?resource=cpuShares}제한이 아니라 가중치입니다. 다른 프로세스도 동시에 \
                CPU를 원할 때만 영향이 있습니다.{:}{?resource=devices}{?value=all}--privileged 옵션에 따라 커널은 이 컴퓨터의 \
                어떤 장치든 열어 줍니다.{:}커널은 다른 장치를 열지 못하게 \
                합니다. root 사용자라도, 장치 파일이 있어도 \
                마찬가지입니다.{/}{:}{?resource=memoryReservation}제한은 아닙니다. 컴퓨터에 메모리가 \
                모자라면 {object} 컨테이너가 {value|bytes} 크기를 넘게 쓰는 부분부터 \
                거두어들입니다.{:}{?resource=memorySwappiness}커널이 {object} 컨테이너의 \
                메모리를 얼마나 쉽게 스왑으로 옮기는지 정합니다. 0이면 거의 옮기지 않고, 100이면 캐시된 파일을 버리는 \
                만큼 쉽게 옮깁니다.{:}{?resource=outOfMemoryKillDisabled}메모리 제한에 닿아도 \
                {object} 컨테이너의 프로세스를 강제로 끝내지 않습니다. 메모리를 더 요구한 프로세스는 빌 때까지 \
                기다립니다.{:}{?resource=blockRate}이보다 빨리 읽거나 쓰려는 {object} 컨테이너의 \
                프로세스는 기다립니다.{:}이제부터 커널이 {object} 컨테이너에 이 제한을 \
                적용합니다.{/}{/}{/}{/}{/}{/}{/}{/}{/}
                """,
            deep: """
                제한은 {file} 파일에 적힌 숫자입니다. 이 파일에 쓸 수 있으면 컨테이너가 실행 중일 때도 바꿀 수 있고, \
                `docker update` 명령이 바로 그렇게 합니다. 증거는 파일에 지금 들어 있는 값이며 쓴 값과 다를 수 \
                있습니다. 예를 들어 메모리는 페이지 단위로 맞추어집니다. 참고: cgroups(7), 커널 문서 cgroup-v2.rst.
                """),
        .processClone: Explanation(
            "격리",
            brief: """
                새 네임스페이스 {count}개; {?pid}여기의 PID {pid} 프로세스가 {object} 컨테이너 안에서는 PID {innerPid}\
                {:}새 프로세스가 {object} 컨테이너 안에서는 PID 1{/}
                """,
            full: """
                시스템 콜 한 번으로 새 프로세스 하나와 네임스페이스(namespace) {count}개({namespaces})가 생깁니다. \
                {?pid}{object} 컨테이너 안에서는 이 프로세스가 첫 번째인 PID {innerPid} 프로세스이고, 이 컴퓨터에서는 같은 \
                프로세스가 {pid}번입니다.{:}{object} 컨테이너 안에서는 이 프로세스가 첫 번째인 PID 1 프로세스입니다.{/}\
                {?owner} 엔진이 사용자 네임스페이스 안에서 일하므로, 그 안의 root 사용자는 밖에서는 {owner}번 사용자, 곧 나 \
                자신입니다.{/}
                """,
            deep: """
                네임스페이스는 프로세스에 보이는 것을 바꿀 뿐, 쓸 수 있는 양을 바꾸지 않습니다. 네임스페이스를 따로 만들지 \
                않은 것은 함께 씁니다. 무엇보다 커널이 그렇고, 시계도, 사용자 네임스페이스가 없다면 사용자 ID도 \
                그렇습니다. IPC 네임스페이스에는 메시지 큐와 공유 메모리가 따로 있고, cgroup 네임스페이스는 자기 cgroup을 맨 위로 보여 \
                줍니다. 커널에는 네임스페이스가 여덟 종류 있습니다. `docker run` 명령은 이만큼을 만들지만, \
                어떤 것은 이미 있는 것을 함께 쓸 수도 있습니다: --network container:이름, --pid \
                host. 참고: namespaces(7), clone(2)의 clone3.
                """),
        .cgroupJoin: Explanation(
            "제한",
            brief: "다른 일을 하기 전에 cgroup에 들어감{?hierarchies>1}(트리 {hierarchies|count}개){/}",
            full: """
                프로세스는 이미지의 것을 실행하기 전에 cgroup에 들어가므로 빠짐없이 계산됩니다. 자식 프로세스도 같은 \
                cgroup에서 태어나며 벗어날 수 없습니다.
                """,
            deep: """
                버전 1에서는 엔진이 미리 열어 둔 tasks 파일에 자식 프로세스가 "나 자신"을 뜻하는 0을 씁니다. 버전 \
                2에서는 clone3 호출이 자식을 처음부터 cgroup 안에 만듭니다(CLONE_INTO_CGROUP). \
                cgroup.procs 파일에 쓰면 커널이 모든 CPU가 잠잠해질 때를 기다려야 하기 때문입니다. 들어간 곳은 \
                {path} 경로입니다. 참고: cgroups(7).
                """),
        .rootAttach: Explanation(
            "붙이기",
            brief: "쌓은 트리를 이 프로세스에만 보이게 붙임",
            full: """
                쌓은 트리가 새 프로세스의 마운트 네임스페이스 안에 자리를 얻습니다. 이 컴퓨터의 다른 프로세스에는 보이지 \
                않습니다. 마운트도 네임스페이스마다 다르기 때문입니다.
                """,
            deep: """
                먼저 새 네임스페이스의 모든 마운트를 slave로 바꿉니다. 이 컴퓨터에 새로 생기는 마운트는 전해지지만, 여기서 \
                마운트한 것은 밖으로 나가지 않습니다. 그다음 move_mount 호출이 오버레이를 {directory} 디렉터리에 \
                붙입니다. 참고: mount_namespaces(7), move_mount(2).
                """),
        .mountProc: Explanation(
            "proc",
            brief: """
                {target} 디렉터리에는 {?shared}{object} 컨테이너가 함께 쓰는 PID 네임스페이스의 프로세스가 보임{:}{object} \
                컨테이너의 프로세스만 보임{/}
                """,
            full: """
                {target} 디렉터리는 디스크에 있는 것이 아니며, 읽을 때마다 커널이 답합니다. {?shared}{object} 컨테이너는 PID \
                네임스페이스를 함께 쓰므로, 안의 `ps` 명령은 그 안에서 실행 중인 프로세스를 모두 보여 줍니다.{:}새 PID \
                네임스페이스 안에서 마운트했으므로 {object} 컨테이너의 프로세스만 보입니다. 그래서 안에서 `ps` 명령의 번호가 \
                1부터 시작합니다.{/}
                """,
            deep: """
                proc 파일 시스템은 마운트한 프로세스의 PID 네임스페이스에 속합니다. {?shared}{:}이 마운트가 없다면 ps 명령은 이 컴퓨터의 \
                프로세스를, 안에서는 뜻이 없는 번호로 보여 줄 것입니다. {/}nosuid, nodev, noexec 옵션으로 마운트됩니다. \
                참고: proc(5), pid_namespaces(7).
                """),
        .mountDev: Explanation(
            "dev",
            brief: """
                /dev 디렉터리에 안전한 장치 {devices|count}개{?capabilities.drop:privileged}와 이 컴퓨터의 모든 장치{/}
                """,
            full: """
                /dev 디렉터리는 메모리에 있는 작은 파일 시스템이며, null, zero, random 같은 장치 \
                {devices|count}개가 있습니다. \
                {?capabilities.drop:privileged}--privileged 옵션은 디스크를 비롯한 이 \
                컴퓨터의 모든 장치를 더합니다.{:}이 컴퓨터의 디스크나 키보드는 들어 있지 않습니다.{/}
                """,
            deep: """
                장치 파일은 번호 한 쌍에 붙인 이름일 뿐이고, 무엇을 할 수 있는지는 열 때 정해집니다. \
                {?bound}이 컴퓨터의 root 권한이 없으면 장치 파일을 만들 수 없으므로, 이 컴퓨터의 것을 바인드 마운트로 보여 \
                줍니다. {:}{?capabilities.drop:privileged}{:}안에서 mknod 명령으로 다른 장치 파일을 만들 \
                수는 있지만, cgroup의 장치 규칙이 열지 못하게 합니다. \
                {/}{/}{?terminal}/dev/console은 이 컨테이너의 터미널입니다. {/}/dev/pts, \
                /dev/shm, /dev/mqueue도 컨테이너의 것입니다. 참고: null(4), random(4), \
                pts(4).
                """),
        .mountSys: Explanation(
            "sys",
            brief: "/sys 디렉터리, {?readOnly}읽기 전용{:}쓰기 가능{/}",
            full: """
                /sys 디렉터리는 커널이 보여 주는 장치와 설정의 목록입니다. {?readOnly}읽기 전용으로 \
                마운트했으므로 {object} 컨테이너는 볼 수만 있고 바꿀 수 없습니다.{:}특권(privileged) \
                컨테이너라서 쓸 수도 있습니다.{/}
                """,
            deep: """
                /sys의 내용은 대부분 모두에게 같습니다. 다만 /sys/class/net은 마운트한 프로세스의 네트워크 네임스페이스를 \
                보여 주고, /sys/fs/cgroup은 이 컨테이너의 cgroup 부분입니다. 참고: sysfs(5).
                """),
        .mountFiles: Explanation(
            "파일",
            brief: "이 컨테이너만의 {files} 파일",
            full: """
                {files} 파일은 컨테이너마다 다르므로 이미지에서 가져오지 않습니다. 엔진이 자기 디스크에 쓴 다음, 바인드 \
                마운트(bind mount)로 이미지의 파일 위에 하나씩 덮습니다.
                """,
            deep: """
                바인드 마운트는 파일이나 디렉터리를 두 번째 자리에도 보이게 합니다. 파일 하나만 덮을 수도 있고, 이미지의 \
                파일은 그 아래에 그대로 있습니다. hosts 파일은 호스트 \
                이름{?hostname}({hostname}){/}의 주소를, resolv.conf 파일은 네임 서버를 알려 \
                줍니다. 참고: mount(8), hosts(5), resolv.conf(5).
                """),
        .mountVolume: Explanation(
            "볼륨",
            brief: "{?volume}{volume|short} 볼륨{:}{source}{/} -> {target}{?readOnly}, 읽기 전용{/}",
            full: """
                {?volume}볼륨(volume)은 엔진이 관리하는 디렉터리입니다({source}).{:}이 컴퓨터의 디렉터리나 파일이 \
                {object} 컨테이너 안에 나타납니다. 복사본이 아니라 같은 내용입니다.{/} {?readOnly}컨테이너는 읽을 수만 있고 \
                바꿀 수 없습니다.{:}컨테이너가 {target} 경로에 쓴 것은 쓰기 레이어 밖에 있으므로 컨테이너보다 오래 남을 수 \
                있습니다.{/}
                """,
            deep: """
                컨테이너의 마운트 네임스페이스 안에 만든 바인드 마운트(MS_BIND)입니다. 오버레이를 거치지 않으므로 \
                `docker diff` 목록에 나오지 않습니다. {?volume}비어 있는 새 볼륨은 먼저 이미지의 \
                {target} 경로에 있는 내용으로 채워집니다.{:}이미지의 {target} 경로에 있던 내용은 \
                가려집니다.{/} 소유자는 숫자입니다. 안의 uid 1000은 이 컴퓨터에서도 uid 1000입니다. 참고: \
                mount(2), docker-volume(1).
                """),
        .mountTmpfs: Explanation(
            "tmpfs",
            brief: "{target} 경로는 메모리에{?size}, 최대 {size|bytes}{/}",
            full: """
                {target} 경로는 메모리에 있는{?size} 최대 {size|bytes} 크기의{/} 파일 시스템입니다. \
                빠르고, 디스크에 저장되지 않으며, 컨테이너가 끝나면 사라집니다.
                """,
            deep: """
                tmpfs의 내용은 cgroup의 메모리로 계산되므로 -m 옵션의 제한을 받습니다. 커널이 스왑으로 옮길 수는 \
                있습니다. 참고: tmpfs(5).
                """),
        .rootPivot: Explanation(
            "루트",
            brief: """
                이제 "/" 경로는 이미지의 레이어 + {object} 컨테이너의 레이어{?readOnly}, 읽기 전용{/}
                """,
            full: """
                pivot_root 호출이 쌓은 트리를 "/" 경로로 만들고 이 컴퓨터의 루트를 놓아줍니다. {?readOnly}--read-only \
                옵션대로 읽기 전용입니다. {/}되돌아갈 길은 없습니다. "/" 위에는 아무것도 없고, "/"의 ".."은 자기 \
                자신입니다.
                """,
            deep: """
                chroot(2)는 경로의 출발점만 옮기므로 특권이 있는 프로세스는 빠져나올 수 있습니다. 여기서는 옛 루트가 \
                네임스페이스에서 아예 해제됩니다. pivot_root(".", ".") 호출로 둘을 한자리에 겹친 다음 위의 것을 떼어 냅니다. \
                참고: pivot_root(2).
                """),
        .hostnameSet: Explanation(
            "이름",
            brief: "호스트 이름: {hostname}",
            full: """
                UTS 네임스페이스 덕분에 {object} 컨테이너에는 자기만의 호스트 이름({hostname})이 있습니다. \
                이 컴퓨터의 이름은 바뀌지 않았습니다.
                """,
            deep: """
                UTS는 uname(2)이 채우는 구조체의 이름에서 왔습니다. 호스트 이름, NIS 도메인{?domainname}({domainname}){/}, \
                커널 버전이 들어 있습니다. 앞의 둘은 네임스페이스에 속하고, 커널 버전은 하나뿐인 커널의 것이라 안팎이 \
                같습니다. --hostname 옵션이 없으면 컨테이너 ID의 앞 열두 자리입니다. 참고: uts_namespaces(7).
                """),
        .terminalOpen: Explanation(
            "터미널",
            brief: "컨테이너만의 터미널({path}{?columns}, 너비 {columns}칸{/})",
            full: """
                -t 옵션은 의사 터미널(pseudo-terminal)을 만듭니다. 프로그램은 한쪽 끝을 {path} 장치로 \
                쓰고, 다른 쪽 끝으로 키 입력과 출력이 오갑니다. 그래서 줄 편집과 색을 쓸 수 있고, Ctrl-C 키가 \
                시그널로 전해집니다.
                """,
            deep: """
                이 한 쌍은 컨테이너의 devpts 안에서 만들어지므로 {path} 이름은 밖에서는 뜻이 없습니다. 두 끝 사이에는 커널의 \
                회선 규칙(line discipline)이 있어서 입력을 되비추고, Ctrl-C 키를 SIGINT 시그널로 바꿉니다. 창 크기가 바뀌면 \
                TIOCSWINSZ로 전해지고 프로그램은 SIGWINCH 시그널을 받습니다. 참고: pty(7), mount(8)의 devpts.
                """),
        .processExecute: Explanation(
            "프로그램",
            brief: """
                {path}{?arguments} {arguments|words}{/}{?user}{?user=root}{:}{?user=0}{:}, {user} 사용자{/}{/}{/}\
                {?second}{:}{?detached}; 출력: docker logs {object}{/}{/}
                """,
            full: """
                {?second}프로세스가 프로그램으로 바뀝니다. {object} 컨테이너의 또 다른 프로세스이며, 이것이 \
                끝나도 컨테이너는 계속됩니다.{:}프로세스가 프로그램으로 바뀝니다. 이것이 끝나면 컨테이너도 끝납니다.{/} \
                {?detached}백그라운드 실행: 여기서 끝나기를 기다리지 않습니다.{?second}{:} 출력은 로그에 \
                저장됩니다.{/}{:}{?terminal}이제 키보드와 화면은 프로그램의 터미널에 이어져 있습니다.{:}출력은 \
                화면에 나옵니다.{?second}{:} 로그에도 저장됩니다.{/}{/}{/}
                """,
            deep: """
                execve 호출은 프로세스의 메모리를 {path} 프로그램으로 바꿉니다. PID, 네임스페이스, \
                cgroup, 파일 디스크립터 0, 1, 2번은 그대로이고, 환경 변수가 넘겨집니다. 엔진의 것은 하나도 남지 않습니다. 커널이 보기에는 \
                시야가 제한된 평범한 프로세스일 뿐이며, {directory} 디렉터리에서 일합니다. \
                {?second}{:}명령행에서 따로 주지 않으면 이미지의 엔트리포인트(ENTRYPOINT)와 CMD를 \
                실행합니다. PID 1이므로 고아 프로세스를 넘겨받고, 처리기가 없는 시그널은 무시합니다. \
                {/}참고: execve(2), pid_namespaces(7).
                """),
        .namespaceEnter: Explanation(
            "들어가기",
            brief: "여기의 PID {pid} 프로세스가 {container} 컨테이너 안으로: 네임스페이스 {count}개에 들어감",
            full: """
                exec 명령은 컨테이너를 시작하지 않습니다. 새 프로세스(이 컴퓨터의 PID {pid} 프로세스)가 {container} 컨테이너의 첫 \
                프로세스인 PID {target} 프로세스의 네임스페이스로 들어갑니다. 파일, 네트워크, 프로세스 목록이 같아집니다.
                """,
            deep: """
                PID {target} 프로세스의 pidfd로 setns를 호출하면 {namespaces} 네임스페이스에 한 번에 들어갑니다. 프로세스는 자기 \
                PID 네임스페이스를 바꿀 수 없고 자식의 것만 바꿀 수 있습니다. 그래서 엔진이 먼저 들어간 다음 복제합니다. 루트 \
                디렉터리는 마운트 네임스페이스를 따릅니다. 참고: setns(2), pidfd_open(2), nsenter(1).
                """),
    ]
}
