import EngineAPI

extension EnglishTexts {
    static let ending: [StepKind: Explanation] = [
        .processSignal: Explanation(
            "signal",
            brief: "{signal|signal} to PID {pid}",
            full: """
                {?signal=SIGTERM}SIGTERM is a request: the program may tidy up and end, or not. PID 1 of a container \
                gets it only if it has a handler for it.{:}{?signal=SIGKILL}{?waited}It had not ended within \
                {waited|n:second}. {/}SIGKILL is no request: the kernel ends \
                the process, and it runs no further instruction.{:}The kernel notes the signal {number} for the \
                process; what happens is up to its handler, and PID 1 gets only what it has one for.{/}{/}
                """,
            deep: """
                The signal goes through a pidfd, which cannot mean another process by mistake when numbers are \
                used again. `docker stop` sends SIGTERM (or the image's STOPSIGNAL), waits ten seconds, then \
                sends SIGKILL; `docker kill` sends SIGKILL at once. The kernel shields PID 1 of a PID namespace \
                from signals that it has no handler for, except SIGKILL and SIGSTOP from outside. Read: \
                signal(7), pid_namespaces(7).
                """),
        .processEnd: Explanation(
            "end",
            brief: """
                PID {pid} ended{?signal} by {signal|signal}{/}\
                {?outOfMemory}: out of memory{/}, exit code {exitCode}
                """,
            full: """
                {?outOfMemory}{?signal}It had reached its memory limit, nothing could be freed, and the kernel killed it. \
                {:}At the memory limit nothing could be freed, and the kernel killed a process of {object}. {/}{/}\
                {?signal}A signal ended it, and such exit codes are 128 + the signal's number.{:}\
                {?exitCode=0}Exit code 0: the program says that all went well.{:}The program chose the exit code; \
                anything but 0 says that something was not as it should be.{/}{/}\
                {?second}{:} It was PID 1, so every other process in {object} was ended by the kernel as well.{/}
                """,
            deep: """
                The engine is told by a pidfd becoming readable, and reads the exit status with waitid: reaping. Until \
                then the kernel keeps the dead process as a zombie. When the first process of a PID namespace ends, \
                the kernel kills the rest with SIGKILL: a container cannot outlive its PID 1. \
                Read: waitid in wait(2), pid_namespaces(7).
                """),
        .cgroupFreeze: Explanation(
            "freeze",
            brief: "{processes|n:process:processes} of {object} standing still",
            full: """
                The freezer stops all processes of the cgroup where they are. They keep memory, files and \
                connections, get no processor time, and notice nothing.
                """,
            deep: """
                `docker pause` is this and no more. Unlike SIGSTOP, which a parent can see, freezing is invisible to the processes. It reaches \
                every process of the cgroup {path} at once, so none can fork away from it. Read: the kernel's \
                cgroup-v2.rst, cgroup.freeze; freezer-subsystem.rst for version 1.
                """),
        .cgroupThaw: Explanation(
            "thaw",
            brief: "{processes|n:process:processes} of {object} running again",
            full: """
                The freezer lets go: the processes go on with the next instruction, as if no time had passed. A clock that they read says \
                how long it was.
                """,
            deep: """
                Timers that ran out meanwhile fire now, and a peer may have closed a connection that was silent too \
                long: time stood still only inside the cgroup. Read: the kernel's cgroup-v2.rst, cgroup.freeze.
                """),
        .cgroupRemove: Explanation(
            "counted",
            brief: """
                {?memoryMaximum}at most {memoryMaximum|bytes} of memory, {/}\
                {?cpuTime}{cpuTime|time} of processor time{:}hardly any processor time{/}
                """,
            full: """
                Its last process has ended, so the cgroup was removed like an empty directory. Before that its \
                counters were read: {object} has used {?memoryMaximum}{memoryMaximum|bytes} of memory at most \
                and {/}{?cpuTime}{cpuTime|time}{:}hardly any{/} of processor time.
                """,
            deep: """
                rmdir works only when no process is left in the group, {path}; its files need not be removed, they \
                are not on any disk. The counters began at 0 with this start. Read: cgroups(7).
                """),
    ]
}
