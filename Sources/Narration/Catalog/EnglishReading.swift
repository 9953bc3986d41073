import EngineAPI

extension EnglishTexts {
    /// What commands read that change nothing; told only when asked for.
    static let reading: [StepKind: Explanation] = [
        .processesList: Explanation(
            "list",
            brief:
                "{processes|n:process:processes} of {container}, listed by its {?by=namespace}PID namespace{:}cgroup{/}",
            full: """
                Nothing ran inside {container}: {?by=namespace}whose PID namespace is {container}'s is one of its \
                processes{:}its cgroup lists the processes{/}, and what `ps` would say of each stands \
                in /proc. The numbers are this machine's; inside they count from 1.
                """,
            deep: """
                {?by=namespace}{file} names the namespace; each process has such a link. {:}{file} holds one number a \
                line, as this machine counts. {/}The line NSpid of /proc/PID/status has the \
                number in each PID namespace on the way in. `docker exec {container} ps` shows the inner view, if the \
                image has ps. Read: proc_pid_status(5), pid_namespaces(7).
                """),
        .countersRead: Explanation(
            "counters",
            brief: "{memory|bytes} of memory, {cpuTime|time} of processor time so far",
            full: """
                The kernel counts for each cgroup anyway; `docker stats` reads {files|n:file} and works out the columns. \
                CPU % is the difference of two readings, divided by the time between them.
                """,
            deep: """
                MEM USAGE leaves out the file cache that can be freed at once, inactive_file of memory.stat, \
                and so is less than {memoryFile}. NET I/O comes from the interfaces in the container's network \
                namespace, BLOCK I/O from the blkio counters (io.stat in version 2). Read: the kernel's \
                cgroup-v1/memory.rst, cgroup-v2.rst.
                """),
        .changesRead: Explanation(
            "changes",
            brief: "{added} added, {changed} changed, {deleted} deleted",
            full: """
                `docker diff` compares nothing file by file: all that {container} has written lies in its own directory, the \
                upper layer. What lies only there is A; what a layer below has as well is C; a whiteout is D.
                """,
            deep: """
                A whiteout is a character device 0/0 with the deleted file's name: overlayfs hides by it what the \
                {layers|n:layer} below still has. A directory is C because something in it is new. \
                Read: the kernel's overlayfs.rst.
                """),
        .filesGet: Explanation(
            "copy",
            brief: """
                {path} of {container}{?place=upper}, from its writable layer{/}{?place=image}, from its image{/}\
                {?place=mount}, from what is mounted there{/}
                """,
            full: """
                The engine read {path} through the container's root and sent it as an archive. No process inside took \
                part, and a container that does not run can be read the same way.
                """,
            deep: """
                A name is resolved with openat2(2) and RESOLVE_IN_ROOT, so that a symbolic link can't lead out to the \
                machine. What {container} has changed itself is found in {upper}; the rest in the layers of its image. \
                Read: docker-cp(1).
                """),
    ]
}
