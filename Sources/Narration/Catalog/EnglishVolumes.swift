import EngineAPI

extension EnglishTexts {
    static let volumes: [StepKind: Explanation] = [
        .volumeCreate: Explanation(
            "volume",
            brief: "{?anonymous}a new volume without a name of its own{:}{volume}, a new volume{/}",
            full: """
                A volume is a directory that the engine keeps for you, outside of every container's layers. \
                {?anonymous}Nobody named this one, so it got 64 random hexadecimal digits; --rm and `docker rm -v` remove it \
                with its container.{:}It stays until `docker volume rm {volume}`.{/}
                """,
            deep: """
                It is {path}, an ordinary directory; the engine's note beside it holds name, labels and time. A \
                volume that exists is never emptied: creating it again changes nothing. Read: \
                docker-volume-create(1).
                """),
        .volumeFill: Explanation(
            "fill",
            brief: "{entries|n:entry:entries} from the image's {source}",
            full: """
                The volume was empty and the image has something at {source}, so that was copied in: \
                {entries|n:entry:entries}, with owners and modes. It happens once; later containers find the volume \
                as it is.
                """,
            deep: """
                Only an empty volume is filled, and only without nocopy. A directory of the machine (a bind mount) is \
                never filled: it hides what the image has there. Read: docker-run(1), option --volume.
                """),
        .volumeDelete: Explanation(
            "volume",
            brief: "volume {volume|short} is gone, with all it held",
            full: """
                The directory was removed, and there is no way back. While any container names a volume, running or \
                not, it can't be removed.
                """,
            deep: """
                The note went first, so a crash in between leaves a directory that the next start removes, never a \
                volume with half its files. Read: docker-volume-rm(1).
                """),
        .filesPut: Explanation(
            "copy",
            brief: "{entries|n:entry:entries} unpacked in {directory} of {container}",
            full: """
                The client sent an archive, and the engine unpacked it at {directory}, seen from the container's \
                root. What lies in no volume is now in the container's writable layer; no process inside took part.
                """,
            deep: """
                Names are resolved with openat2(2) and RESOLVE_IN_ROOT: a symbolic link of the container can't lead \
                out to the machine. `docker diff {container}` shows what {upper} holds now. Read: docker-cp(1).
                """),
        .imageCommit: Explanation(
            "image",
            brief: "image {image|short}, a new layer of {size|bytes}",
            full: """
                What {container} has written became one more layer on top of its image's, and its settings the \
                new image's. Volumes, processes and memory are no part of the image.
                """,
            deep: """
                The layer is {upper} as an archive: files as they are, deletions as empty .wh. files. An image \
                made this way can't be made again from a text; one made by `docker build` can. Read: \
                docker-commit(1).
                """),
    ]
}
