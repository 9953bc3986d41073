import EngineAPI

extension KoreanTexts {
    /// What the process is kept from.
    static let restricting: [StepKind: Explanation] = [
        .mountMask: Explanation(
            "가림",
            brief: "커널 경로 {masked|count}개를 가리고 {readOnly|count}개는 읽기 전용",
            full: """
                /proc과 /sys의 어떤 파일은 컴퓨터 전체를 나타냅니다. 예를 들어 /proc/kcore는 이 컴퓨터의 메모리입니다. 그런 경로 \
                {masked|count}개를 가렸고, 커널 설정이 있는 경로 {readOnly|count}개는 읽을 수만 있습니다.
                """,
            deep: """
                파일은 /dev/null로, 디렉터리는 비어 있는 읽기 전용 tmpfs로 덮습니다. 읽기 전용 경로는 자기 \
                자신에 바인드한 뒤 다시 마운트합니다. 이 커널에 없는 경로는 건너뜁니다. 여기에는 네임스페이스가 없습니다. 예를 들어 \
                /proc/sys/kernel은 대부분 컴퓨터 전체의 것입니다. Docker는 --privileged 옵션이 \
                있으면 가리지 않습니다. 참고: proc(5), mount(2).
                """),
        .parameterSet: Explanation(
            "sysctl",
            brief: "{object} 컨테이너에만 적용되는 커널 매개변수 {parameters|count}개",
            full: """
                네임스페이스마다 따로 있는 커널 매개변수를 {object} 컨테이너에만 설정했습니다({parameters}).
                """,
            deep: """
                매개변수는 /proc/sys 아래의 파일입니다. net.* 항목은 네트워크 네임스페이스에, kernel.* 일부는 IPC와 UTS \
                네임스페이스에 속합니다. 나머지는 컴퓨터 전체의 것이라 거부됩니다. Docker는 컨테이너의 모든 사용자에게 1024 미만 \
                포트를 열어 줍니다(net.ipv4.ip_unprivileged_port_start=0). 컨테이너만의 포트이기 때문입니다. 참고: sysctl(8), \
                namespaces(7).
                """),
        .resourceLimit: Explanation(
            "ulimit",
            brief: "ulimit {resource}: {soft}, 최대 {hard}",
            full: """
                ulimit은 cgroup이 아니라 프로세스 자체의 제한입니다. {resource} 항목의 값은 {soft}, \
                프로그램이 올릴 수 있는 최댓값은 {hard}입니다. 자식 프로세스는 이 제한을 물려받고 따로 셉니다.
                """,
            deep: """
                자원 제한(rlimit)은 cgroup보다 오래되었고 프로세스 하나에 속합니다. cgroup은 컨테이너의 모든 프로세스를 함께 \
                제한합니다. 참고: getrlimit(2), bash(1)의 `ulimit -a`.
                """),
        .userBecome: Explanation(
            "사용자",
            brief: "{user} 사용자(uid {uid}, gid {gid})",
            full: """
                {?uid}이제 프로세스는 root가 아니라 uid {uid} 사용자입니다. 만드는 파일의 소유자는 이 번호가 \
                되고, 남은 권한(capability)은 이제 setuid 프로그램만 쓸 수 있습니다.{:}프로세스는 uid \
                0, 곧 root로 남습니다. 다만 권한이 적은 root입니다.{/} 커널은 번호만 알고, 이름은 이미지의 \
                /etc/passwd 파일에서 옵니다.
                """,
            deep: """
                setgroups, setresgid, setresuid 순서입니다. uid가 바뀐 뒤에는 나머지를 바꿀 권한이 없기 때문입니다. 사용자 \
                네임스페이스가 없으면 안의 uid {uid} 사용자는 이 컴퓨터에서도 uid {uid} 사용자입니다. 이 컴퓨터의 디렉터리를 바인드하면 \
                이 점이 중요해집니다. 참고: setresuid(2), user_namespaces(7).
                """),
        .capabilitiesDrop: Explanation(
            "보호",
            brief: "{?privileged}권한 {kept}개 모두(--privileged){:}권한(capability) {possible}개 중 {kept}개{/}",
            full: """
                {?privileged}--privileged 옵션: 권한 {kept}개가 모두 남습니다. {object} 컨테이너의 root는 이 컴퓨터의 root가 하는 일을 \
                거의 다 할 수 있습니다.{:}root의 힘은 권한(capability) {possible}개로 나뉘어 있습니다. {object} 컨테이너에는 {kept}개만 \
                남습니다. 나머지는 컨테이너의 root에게도 없고, 어떤 프로그램도 되찾을 수 없습니다.{/}
                """,
            deep: """
                남은 권한: {names}. 한계 집합(bounding set)도 같으므로 setuid 프로그램이나 execve로 더 얻을 수 없습니다. \
                --cap-add와 --cap-drop 옵션으로 바꿉니다. 이 컴퓨터의 root와 안의 root는 uid가 같습니다. 다른 것은 이 집합과 \
                필터, 그리고 보이는 것입니다. 참고: capabilities(7).
                """),
        .seccompLoad: Explanation(
            "보호",
            brief: "시스템 콜 필터",
            full: """
                이제 {object} 컨테이너의 모든 시스템 콜은 필터(seccomp, {profile} 프로파일)를 거칩니다. 커널 모듈 적재나 시계 변경처럼 \
                보통 프로그램에 필요 없는 호출은 "Operation not permitted" 오류로 실패합니다.
                """,
            deep: """
                필터는 커널이 시스템 콜마다 먼저 실행하는 작은 BPF 프로그램입니다. 호출 번호와 인수를 보며, 한번 적재하면 자식 \
                프로세스도 떼어 낼 수 없습니다. 적재하려면 CAP_SYS_ADMIN 권한이나 no_new_privs 설정이 필요하므로, 권한을 버리기 전에 \
                적재합니다. 참고: seccomp(2).
                """),
    ]
}
