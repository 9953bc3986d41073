import EngineAPI

extension EnglishTexts {
    /// What the process is kept from.
    static let restricting: [StepKind: Explanation] = [
        .mountMask: Explanation(
            "mask",
            brief: "{masked|n:kernel path} hidden, {readOnly|n:other} read-only",
            full: """
                Some files of /proc and /sys speak for the whole machine: /proc/kcore is its memory. \
                {masked|n:path} of that kind {?masked>1}are{:}is{/} hidden, and {readOnly|n:path} with kernel \
                settings can be read but not written.
                """,
            deep: """
                A file is covered by /dev/null, a directory by an empty read-only tmpfs, and a read-only path \
                is bound onto itself and remounted; what this kernel does not have is passed over. There is no namespace for these: most of /proc/sys/kernel, \
                for one, is the machine's. Docker leaves the masks out with --privileged. Read: proc(5), \
                mount(2).
                """),
        .parameterSet: Explanation(
            "sysctl",
            brief: "{parameters|n:kernel parameter} for {object} only",
            full: """
                Kernel parameters that exist once for each namespace were set here, and hold for {object} only: \
                {parameters}.
                """,
            deep: """
                Parameters are files below /proc/sys. Those of net.* belong to the network namespace, some of kernel.* \
                to the IPC and UTS namespaces; all others are the machine's, and are refused. Docker opens the ports \
                below 1024 to every user of a container (net.ipv4.ip_unprivileged_port_start=0): they are its own. \
                Read: sysctl(8), namespaces(7).
                """),
        .resourceLimit: Explanation(
            "ulimit",
            brief: "ulimit {resource}: {soft}, up to {hard}",
            full: """
                A ulimit is a limit of the process itself, not of the cgroup: {resource} is {soft}, and the program may raise it \
                up to {hard}. Each child inherits it and counts for itself.
                """,
            deep: """
                Resource limits are older than cgroups and belong to one process; a cgroup limits all processes of a \
                container together. Read: getrlimit(2), `ulimit -a` in bash(1).
                """),
        .userBecome: Explanation(
            "user",
            brief: "user {user} (uid {uid}, gid {gid})",
            full: """
                {?uid}From here on the process is uid {uid} and no longer root: files it makes belong to that \
                number, and the capabilities kept are only for setuid programs now.{:}The process stays uid 0, \
                root, though a root with few capabilities.{/} The kernel knows only numbers; the name comes \
                from the image's /etc/passwd.
                """,
            deep: """
                setgroups, setresgid and setresuid, in this order: once the uid has changed, the others are no longer \
                permitted. Without a user namespace uid {uid} inside is uid {uid} on the machine, which matters as \
                soon as a directory of the machine is bound. Read: setresuid(2), user_namespaces(7).
                """),
        .capabilitiesDrop: Explanation(
            "guard",
            brief: "{?privileged}all {kept} capabilities: --privileged{:}{kept} of {possible} capabilities{/}",
            full: """
                {?privileged}--privileged: all {kept} capabilities stay. root in {object} can do nearly all that \
                root of the machine can.{:}The power of root comes in {possible} parts. {object} keeps {kept}; the \
                others are gone even for its root, and no program can get them back.{/}
                """,
            deep: """
                Kept: {names}. The bounding set is the same, so a setuid program or execve cannot bring more. \
                --cap-add and --cap-drop change it. Root of the machine and root in here have the same uid; \
                what differs is this set, the filter, and the view. Read: capabilities(7).
                """),
        .seccompLoad: Explanation(
            "guard",
            brief: "a filter on system calls",
            full: """
                Each system call of {object} now passes a filter ({profile} profile). Calls that ordinary programs \
                never need, such as loading a kernel module or setting the clock, fail with "Operation not permitted".
                """,
            deep: """
                The filter is a small BPF program that the kernel runs before each system call; it sees the number and \
                the arguments, and once loaded it cannot be taken off, not even by children. It is loaded before the \
                capabilities go, because loading one needs CAP_SYS_ADMIN or no_new_privs. Read: seccomp(2).
                """),
    ]
}
