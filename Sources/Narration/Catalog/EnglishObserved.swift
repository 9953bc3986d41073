import EngineAPI

extension EnglishTexts {
    /// What is said where another engine did it: only what can be seen from outside.
    static let observed: [StepKind: ObservedExplanation] = [
        .imageResolve: ObservedExplanation(
            brief: "{reference}, {layers|n:read-only layer}, on {node}",
            full: """
                An image is files plus a default command. Running it never changes it; a hundred containers can read \
                the same one. {reference} is on {node}: {layers|n:layer}, {size|bytes}.
                """),
        .processClone: ObservedExplanation(
            full: """
                A new process in {count|n:namespace} of its own ({namespaces|and}): their numbers in /proc \
                differ from this shell's. Inside {object} it is PID {innerPid}, the first of all; on your \
                machine the same process is {pid}.
                """),
        .rootPivot: ObservedExplanation(
            full: """
                For the process of {object} the stacked tree is "/". {?readOnly}It is read-only, as you asked with \
                --read-only. {/}No path leads back to the machine's: there is nothing above "/", and ".." of it is itself.
                """),
        .networkCreate: ObservedExplanation(
            full: """
                A network is a name for {?driver=bridge}a bridge{:}a way in which containers are joined{/} and a range \
                of addresses, {subnet}.
                """),
        .imageDelete: ObservedExplanation(
            brief: "image {image|short} is gone",
            full: """
                No name led to the image any more, so its configuration was removed, and those of its layers that no \
                other image uses.
                """),
        .imageCommit: ObservedExplanation(
            brief: "{?image}image {image|short}, {/}a new layer with what {container} has written"),
        .filesPut: ObservedExplanation(brief: "an archive, unpacked in {directory} of {container}"),
        .processSignal: ObservedExplanation(brief: "{signal|signal} to {?pid}PID {pid}{:}its first process{/}"),
        .processEnd: ObservedExplanation(
            brief: """
                {?pid}PID {pid}{:}the first process{/} ended{?signal} by {signal|signal}{/}\
                {?outOfMemory}: out of memory{/}, exit code {exitCode}
                """),
        .addressAssign: ObservedExplanation(brief: "{?interface}{interface} {/}{address}"),
        .vethCreate: ObservedExplanation(
            full: """
                A virtual cable. One end is {?container}{container}{:}the interface{/} in {object}, the other is plugged \
                into {bridge}, the bridge (a switch made of software) of {node}.
                """),
        .cgroupFreeze: ObservedExplanation(
            brief: "{?processes}{processes|n:process:processes}{:}all processes{/} of {object} standing still"),
        .cgroupThaw: ObservedExplanation(
            brief: "{?processes}{processes|n:process:processes}{:}all processes{/} of {object} running again"),
    ]
}
