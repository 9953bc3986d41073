import EngineAPI

extension EnglishTexts {
    /// What makes the process and the tree it sees.
    static let starting: [StepKind: Explanation] = [
        .overlayMount: Explanation(
            "root",
            brief: "{layers|n:read-only layer} and {object}'s own, stacked into one tree",
            full: """
                Overlay shows {layers|n:read-only layer} (the image's, and a small one with places to mount on) and \
                {object}'s own as one tree. Reading finds the topmost copy of a file; the first write copies it up \
                (copy-up) into {object}'s layer, so the image never changes.
                """,
            deep: """
                fsopen, one lowerdir+ for each layer, upperdir, workdir, fsmount: the result is a mount that is \
                attached nowhere yet, a descriptor in the engine's hand; only the container will attach it. A deleted \
                file of the image leaves a whiteout in upper, a character device 0/0. \
                {?volatile}volatile: the kernel does not wait for the disk on behalf of {object}, which makes ending \
                it fast; after a power cut its layer must not be trusted. {/}\
                Read: fsopen(2), the kernel's overlayfs.rst.
                """),
        .cgroupCreate: Explanation(
            "limits",
            brief:
                "{?limited}a cgroup for {object}, with limits{:}a cgroup that counts; no -m, no --cpus, so no limit{/}",
            full: """
                A cgroup counts what {object} uses and can limit it. {?limited}The limits you gave become numbers \
                in its files.{:}You gave no -m or --cpus, so it only counts: {object} may use all the memory there \
                is.{?directories>1} A huge number means: no limit.{/}{/}
                """,
            deep: """
                A cgroup is a directory; the kernel fills it with files to read and to write. \
                {?directories>1}This machine has cgroup version 1: one tree for each resource, so {object} has \
                {directories|count} directories.{:}This machine has cgroup version 2: one tree for all resources, \
                so {object} has one directory.{/} cgroups belong to the kernel, not to Docker: systemd, too, puts \
                every service in one. Read: cgroups(7).
                """),
        .cgroupLimit: Explanation(
            "limit",
            brief: """
                {?resource=memory}{?value=-1}no limit of memory{:}memory {value|bytes} at most{/}{:}\
                {?resource=pids}{?value=max}any number of processes{:}{value} processes at most{/}{:}\
                {?resource=cpuQuota}{value|quota} of processor time in each {value|period}{:}\
                {?resource=cpuset}only processors {value}{:}{?resource=cpuShares}CPU weight {value}{:}\
                {?resource=devices}{?value=all}all devices{:}only the devices of {value}{/}{:}\
                {?resource=memoryReservation}{value|bytes} of memory kept when it is scarce{:}\
                {?resource=memorySwappiness}swappiness {value}{:}{?resource=outOfMemoryKillDisabled}\
                {?value=1}waits for memory instead of being killed{:}may be killed for lack of memory{/}{:}\
                {?resource=blockWeight}disk weight {value}{:}{?resource=blockRate}disk {value} a second at most{:}\
                {resource|spaced} {value}{/}{/}{/}{/}{/}{/}{/}{/}{/}{/}{/}
                """,
            full: """
                {?resource=memory}{?value=-1}{object} may use all the memory there is.{:}When {object} needs more \
                than {value|bytes} and nothing can be freed, the kernel kills a process in it: out of memory, exit \
                code 137.{/}{:}{?resource=pids}{?value=max}{object} may have as many processes as the machine can \
                carry.{:}When {object} has {value} processes and threads, fork fails in it with EAGAIN. A fork bomb \
                stops there.{/}{:}{?resource=cpuQuota}{object} gets {value|quota} of processor time in each \
                {value|period}, its quota. When that is used up, it waits for the next period: it is slowed down, not \
                killed.{:}{?resource=cpuShares}A weight, not a limit: it counts only when others want the \
                processor at the same time.{:}{?resource=devices}{?value=all}--privileged: the kernel \
                opens any device of the machine to it.{:}The kernel refuses to open any other device, \
                even to root and even if a device file exists.{/}{:}{?resource=memoryReservation}Not a limit: when \
                the machine has no memory left, what {object} uses above {value|bytes} is taken back \
                first.{:}{?resource=memorySwappiness}How soon the kernel moves memory of {object} to swap: 0 \
                means hardly ever, 100 as soon as it drops cached \
                files.{:}{?resource=outOfMemoryKillDisabled}At its memory limit {object} is not killed: a \
                process that asks for more waits until something is freed.{:}{?resource=blockRate}A process of \
                {object} that reads or writes more than that in a second waits.{:}The kernel holds {object} to \
                it from now on.{/}{/}{/}{/}{/}{/}{/}{/}{/}
                """,
            deep: """
                The limit is a number in a file, {file}. Whoever may write the file may change it while {object} runs; \
                `docker update` does just that. The evidence is what the file contains now, which can differ from what \
                was written: the kernel rounds memory to whole pages. Read: cgroups(7), the kernel's cgroup-v2.rst.
                """),
        .processClone: Explanation(
            "views",
            brief: """
                {count|n:new namespace}{?pid}; PID {pid} here is PID {innerPid} in {object}{:}; a new process, PID 1 \
                in {object}{/}
                """,
            full: """
                One system call: a new process with {count|n:new namespace} ({namespaces|and}). \
                {?pid}Inside {object} it is PID {innerPid}, the first of all; on your machine the same process is \
                {pid}.{:}Inside {object} it is PID 1, the first of all.{/}{?owner} Its root is no other than your own \
                user, number {owner}: the engine works in a user namespace.{/}
                """,
            deep: """
                A namespace changes what a process sees, not how much it gets. What has no namespace of its own \
                is shared: the kernel above all, its clock, and the user IDs unless there is a user namespace. \
                An IPC namespace has message queues and shared memory of its own; a cgroup namespace shows the \
                process's own cgroup as the top. \
                The kernel has eight kinds; `docker run` asks for these, and some can be joined instead: \
                --network container:NAME, --pid host. Read: namespaces(7), clone3 in clone(2).
                """),
        .cgroupJoin: Explanation(
            "join",
            brief: "in its cgroup{?hierarchies>1}, in {hierarchies|count} trees{/}, before anything else runs",
            full: """
                The process enters the cgroup before it runs anything of the image, so nothing goes uncounted. Its \
                children are born into the same group and cannot leave it.
                """,
            deep: """
                Version 1: the child writes 0, meaning "myself", into the file tasks, which the engine has \
                opened for it. Version 2: clone3 makes the child in its cgroup (CLONE_INTO_CGROUP), because a \
                write to cgroup.procs makes the kernel wait for a quiet moment on all processors. The path is \
                {path}. Read: cgroups(7).
                """),
        .rootAttach: Explanation(
            "attach",
            brief: "the tree attached, for this process only",
            full: """
                The stacked tree gets a place in the new process's mount namespace. No other process of the machine \
                sees anything there: mounts are part of the view, too.
                """,
            deep: """
                First every mount in the new namespace is made a slave: the machine's new mounts still arrive, but \
                nothing that is mounted here goes back. Then move_mount puts the detached overlay at {directory}. \
                Read: mount_namespaces(7), move_mount(2).
                """),
        .mountProc: Explanation(
            "proc",
            brief:
                "{target} lists {?shared}the processes of the PID namespace that {object} shares{:}only {object}'s processes{/}",
            full: """
                {target} is no disk: the kernel answers each read. {?shared}{object} shares a PID namespace, so `ps` in \
                there shows all that run in it.{:}Mounted from inside the new PID namespace it lists \
                only {object}'s processes; that is why `ps` in there begins at 1.{/}
                """,
            deep: """
                A proc file system belongs to the PID namespace of the process that mounts it. {?shared}{:}Without this \
                mount ps would show the machine's processes, with numbers that mean nothing inside. {/}Mounted nosuid, nodev, \
                noexec. Read: proc(5), pid_namespaces(7).
                """),
        .mountDev: Explanation(
            "dev",
            brief: """
                {devices|n:harmless device}{?capabilities.drop:privileged}, and all of the machine's,{/} in /dev
                """,
            full: """
                /dev is a small file system in memory with {devices|n:device}: null, zero, random and their \
                like. {?capabilities.drop:privileged}--privileged adds all devices of the machine, its disks \
                among them.{:}The disks and the keyboard of the machine are not among them.{/}
                """,
            deep: """
                A device file is only a name for a pair of numbers; what it may do is decided when it is \
                opened. {?bound}Without the machine's root none can be made, so these are the machine's own, by \
                bind mounts. {:}{?capabilities.drop:privileged}{:}mknod could make others in here, but the \
                cgroup's device rules refuse to open them. {/}{/}{?terminal}/dev/console is {object}'s own terminal. \
                {/}/dev/pts, /dev/shm and /dev/mqueue are its own, too. Read: null(4), random(4), pts(4).
                """),
        .mountSys: Explanation(
            "sys",
            brief: "/sys {?readOnly}to read only{:}writable{/}",
            full: """
                /sys is the kernel's list of devices and settings. {?readOnly}It is mounted read-only: {object} may \
                look, not turn the knobs.{:}It is writable here, as only a privileged container gets it.{/}
                """,
            deep: """
                Most of /sys is the same for everyone; /sys/class/net shows the network namespace of the process that \
                mounted it, and /sys/fs/cgroup is {object}'s own part of the cgroups. Read: sysfs(5).
                """),
        .mountFiles: Explanation(
            "files",
            brief: "{files|and} of its own",
            full: """
                {files|and} differ from container to container, so they are not taken from the image. The engine \
                writes them on its own disk and lays each over the image's by a bind mount.
                """,
            deep: """
                A bind mount shows a file or directory in a second place. It can cover a single file, and the image's \
                own stays below, unchanged. hosts gives the host name{?hostname} {hostname}{/} its address, \
                resolv.conf names the name server. Read: mount(8), hosts(5), resolv.conf(5).
                """),
        .mountVolume: Explanation(
            "volume",
            brief: "{?volume}volume {volume|short}{:}{source}{/} as {target}{?readOnly}, read-only{/}",
            full: """
                {?volume}A volume is a directory that the engine keeps ({source}).{:}A directory or file of your \
                machine appears in {object}: the same bytes, not a copy.{/} {?readOnly}{object} can read it, not \
                change it.{:}What {object} writes to {target} is outside its own layer and can outlive it.{/}
                """,
            deep: """
                It is a bind mount (MS_BIND) into the container's mount namespace, so the overlay never sees these \
                writes and `docker diff` does not list them. {?volume}An empty new volume is first filled with what the \
                image has at {target}.{:}A path that is bound hides what the image has at {target}.{/} Owners are \
                numbers: uid 1000 in there is uid 1000 on the machine. Read: mount(2), docker-volume(1).
                """),
        .mountTmpfs: Explanation(
            "tmpfs",
            brief: "{target} in memory{?size}, {size|bytes} at most{/}",
            full: """
                {target} is a file system in memory{?size} of at most {size|bytes}{/}. It is fast, has no place \
                on a disk, and is gone when {object} ends.
                """,
            deep: """
                What lies in a tmpfs counts as memory of the cgroup, so -m limits it as well. The kernel may \
                move it to swap. Read: tmpfs(5).
                """),
        .rootPivot: Explanation(
            "root",
            brief: """
                "/" is now the image's layers + {object}'s own{?readOnly}, read-only{/}
                """,
            full: """
                pivot_root makes the stacked tree "/" and lets go of the machine's. {?readOnly}It is read-only, as \
                you asked with --read-only. {/}No path leads back: there is nothing above "/", and ".." of it is \
                itself.
                """,
            deep: """
                chroot(2) only moves the starting point of paths, and a privileged process can walk out of it. Here \
                the old root is unmounted from the namespace altogether. pivot_root(".", ".") stacks the two on one \
                place, then the upper one is detached. Read: pivot_root(2).
                """),
        .hostnameSet: Explanation(
            "name",
            brief: "host name {hostname}",
            full: """
                The UTS namespace gives {object} a host name of its own, {hostname}. Your machine's name has not \
                changed.
                """,
            deep: """
                UTS is the name of the structure that uname(2) fills: host name, {?domainname}NIS domain \
                ({domainname}),{:}NIS domain,{/} kernel release. The first two belong to the namespace; the release is \
                the one kernel's, the same inside and out. Without --hostname it is the first twelve digits of the \
                container's ID. Read: uts_namespaces(7).
                """),
        .terminalOpen: Explanation(
            "terminal",
            brief: "on a terminal of its own ({path}{?columns}, {columns} columns{/})",
            full: """
                -t: a pseudo-terminal. The program has one end as {path}; your keys and its output pass through the \
                other. That is why it can edit a line, use colours, and get Ctrl-C as a signal.
                """,
            deep: """
                The pair is made in a devpts of the container's own, so {path} means nothing outside. The kernel's \
                line discipline sits between the ends: it echoes, and turns Ctrl-C into SIGINT for the foreground \
                processes. A new size of your window is passed on by TIOCSWINSZ, and the program gets SIGWINCH. \
                Read: pty(7), devpts in mount(8).
                """),
        .processExecute: Explanation(
            "program",
            brief: """
                {path}{?arguments} {arguments|words}{/}{?user}{?user=root}{:}{?user=0}{:}, as {user}{/}{/}{/}\
                {?second}{:}{?detached}; its output: docker logs {object}{/}{/}
                """,
            full: """
                {?second}The process becomes the program, one more process of {object}. When it ends, {object} goes \
                on.{:}The process becomes the program; when it ends, the container ends.{/} \
                {?detached}Detached: nobody waits for it here{?second}{:}, and what it prints goes to a log{/}.{:}\
                {?terminal}Your keyboard and screen are on its terminal now.{:}What it prints comes to your \
                screen{?second}{:} and to a log{/}.{/}{/}
                """,
            deep: """
                execve({path}) replaces the memory of the process by the program; the PID, the namespaces, the cgroup \
                and the file descriptors 0, 1 and 2 stay, and the environment variables are handed over. Nothing of the engine is left in it: from the kernel's side it is \
                an ordinary process with a restricted view, working in {directory}. {?second}{:}The words come from the image, \
                ENTRYPOINT and then CMD, unless the command line named others. As PID 1 it also \
                inherits orphans, and ignores signals that it has no handler for. {/}\
                Read: execve(2), pid_namespaces(7).
                """),
        .namespaceEnter: Explanation(
            "enter",
            brief: "PID {pid} here is inside {container}: {count|n:namespace} joined, none made",
            full: """
                exec starts no container. A new process, PID {pid} on your machine, steps into the namespaces of \
                {container}'s first process, PID {target}: same files, same network, same list of processes.
                """,
            deep: """
                setns with a pidfd of PID {target} enters {namespaces|and} at once. A process cannot change its \
                own PID namespace, only that of its children, so the engine enters first and clones after that. \
                Its root directory follows the mount namespace. Read: setns(2), pidfd_open(2), nsenter(1).
                """),
    ]
}
