import EngineAPI

extension KoreanTexts {
    static let ending: [StepKind: Explanation] = [
        .processSignal: Explanation(
            "시그널",
            brief: "PID {pid} 프로세스에 {signal|signal} 시그널",
            full: """
                {?signal=SIGTERM}SIGTERM은 요청입니다. 프로그램은 정리하고 끝낼 수도, 끝내지 않을 수도 있습니다. 컨테이너의 PID 1은 처리기가 \
                있을 때만 이 시그널을 받습니다.{:}{?signal=SIGKILL}{?waited}{waited}초 안에 끝나지 \
                않았습니다. {/}SIGKILL은 요청이 아닙니다. 커널이 프로세스를 끝내며, 프로세스는 명령을 하나도 \
                더 실행하지 못합니다.{:}커널이 {number}번 시그널을 프로세스에 전합니다. 무엇을 할지는 처리기가 정하며, PID 1은 처리기가 있는 \
                시그널만 받습니다.{/}{/}
                """,
            deep: """
                시그널은 pidfd로 보냅니다. 번호가 다시 쓰이더라도 다른 프로세스로 잘못 가지 않습니다. `docker stop` 명령은 SIGTERM(또는 이미지의 \
                STOPSIGNAL)을 보내고 10초를 기다린 뒤 SIGKILL을 보냅니다. `docker kill` 명령은 바로 SIGKILL을 보냅니다. 커널은 처리기가 없는 \
                시그널로부터 PID 네임스페이스의 PID 1을 보호합니다. 밖에서 온 SIGKILL과 SIGSTOP은 예외입니다. 참고: signal(7), \
                pid_namespaces(7).
                """),
        .processEnd: Explanation(
            "종료",
            brief: """
                PID {pid} 프로세스 종료{?signal}, {signal|signal} 시그널{/}{?outOfMemory}(메모리 부족){/}, 종료 코드 {exitCode}
                """,
            full: """
                {?outOfMemory}{?signal}메모리 제한에 이르렀고 비울 것이 없어서 커널이 강제로 끝냈습니다. {:}\
                메모리 제한에 이르렀을 때 비울 것이 없어서 커널이 {object} 컨테이너의 프로세스 하나를 강제로 끝냈습니다. {/}{/}\
                {?signal}시그널로 끝났으며, 이때 종료 코드는 128 + 시그널 번호입니다.{:}\
                {?exitCode=0}종료 코드 0은 프로그램이 모두 잘되었다고 알린 것입니다.{:}종료 코드는 프로그램이 정했습니다. 0이 아니면 무엇인가 \
                제대로 되지 않았다는 뜻입니다.{/}{/}\
                {?second}{:} PID 1이었으므로 {object} 컨테이너의 다른 프로세스도 모두 커널이 끝냈습니다.{/}
                """,
            deep: """
                엔진은 pidfd가 읽을 수 있는 상태가 되면 종료를 알아차리고, waitid로 종료 상태를 읽습니다. 이것을 \
                회수(reaping)라고 합니다. 그때까지 커널은 죽은 프로세스를 좀비로 남겨 둡니다. PID 네임스페이스의 \
                첫 프로세스가 끝나면 커널은 나머지를 SIGKILL로 끝냅니다. 컨테이너는 PID 1보다 오래 살 수 \
                없습니다. 참고: wait(2)의 waitid, pid_namespaces(7).
                """),
        .cgroupFreeze: Explanation(
            "정지",
            brief: "{object} 컨테이너의 프로세스 {processes|count}개가 멈춤",
            full: """
                프리저(freezer)가 cgroup의 모든 프로세스를 그 자리에서 멈춥니다. 메모리, 파일, 연결은 그대로이고 CPU 시간만 받지 못하며, \
                프로세스는 알아차리지 못합니다.
                """,
            deep: """
                일시정지는 이것이 전부입니다. 부모 프로세스가 알 수 있는 SIGSTOP과 달리, 프리저는 프로세스에 보이지 않습니다. {path} cgroup의 모든 프로세스에 한 번에 \
                적용되므로 fork로 빠져나갈 수 없습니다. 참고: 커널 문서 cgroup-v2.rst의 cgroup.freeze, 버전 1은 freezer-subsystem.rst.
                """),
        .cgroupThaw: Explanation(
            "재개",
            brief: "{object} 컨테이너의 프로세스 {processes|count}개가 다시 움직임",
            full: """
                프리저가 놓아주자 프로세스는 시간이 흐르지 않은 것처럼 다음 명령부터 이어 갑니다. 얼마나 멈추어 있었는지는 시계를 읽어야 알 \
                수 있습니다.
                """,
            deep: """
                그사이 끝난 타이머는 지금 울리고, 너무 오래 조용했던 연결은 상대가 끊었을 수 있습니다. 시간이 멈춘 것은 cgroup 안뿐입니다. \
                참고: 커널 문서 cgroup-v2.rst의 cgroup.freeze.
                """),
        .cgroupRemove: Explanation(
            "사용량",
            brief: """
                {?memoryMaximum}메모리 최대 {memoryMaximum|bytes}, {/}\
                {?cpuTime}CPU 시간 {cpuTime|time}{:}CPU 시간은 거의 없음{/}
                """,
            full: """
                마지막 프로세스가 끝났으므로 cgroup을 빈 디렉터리처럼 지웠습니다. 지우기 전에 읽은 값에 따르면 \
                {object} 컨테이너는 {?memoryMaximum}메모리를 최대 {memoryMaximum|bytes}, \
                {/}CPU 시간을 {?cpuTime}{cpuTime|time}만큼{:}아주 조금{/} 썼습니다.
                """,
            deep: """
                {path} cgroup에 프로세스가 하나도 없을 때만 rmdir 호출이 성공합니다. 그 안의 파일은 디스크에 있는 것이 아니므로 따로 지울 \
                필요가 없습니다. 계수기는 이번 시작 때 0에서 출발했습니다. 참고: cgroups(7).
                """),
    ]
}
