import EngineAPI

extension EnglishTexts {
    static let containerDisk: [StepKind: Explanation] = [
        .containerCreate: Explanation(
            "record",
            brief: "{name} is {id|short}, made from {?image}{image}{:}no image{/}",
            full: """
                {name} was written down: its settings, its command and its ID, {id|short}. It is not running; a \
                container is these notes and a layer of its own, and processes only while it runs.
                """,
            deep: """
                The ID is 256 random bits, the name a label for people; both are unique on this node. The notes are \
                JSON in {directory}, replaced by write, fsync and rename, so that a crash leaves the old or the new, \
                never half. `docker create` ends here, `docker start` goes on; `docker run` is both. \
                Read: docker-container-create(1).
                """),
        .layerCreate: Explanation(
            "disk",
            brief: "one empty writable layer for {object}",
            full: """
                {object}'s own layer, empty, to lie on top of the image's{?image.resolve:layers} \
                {image.resolve:layers}{/}. What {object} writes outside its volumes goes there, and goes away \
                {?removed}when it ends (--rm){:}with `docker rm {object}`{/}.
                """,
            deep: """
                The kernel wants two directories on one file system: upper, the layer itself, and work, where it \
                prepares a copy before it moves it to upper in one rename. `docker diff` compares nothing: it lists \
                what upper holds. Read: the kernel's Documentation/filesystems/overlayfs.rst.
                """),
        .layerDelete: Explanation(
            "disk",
            brief: "the writable layer of {object} is gone{?entries} ({entries|n:entry:entries}){/}",
            full: """
                {?entries}All that {object} had written outside its volumes went with it.{:}It was empty: \
                {object} had written nothing outside its volumes.{/} The image's layers are as they were.
                """,
            deep: """
                Unmounting comes first; then the upper directory is removed like any directory. What must outlive a \
                container belongs in a volume, or in an image (`docker commit`). Read: docker-container-rm(1).
                """),
        .containerDelete: Explanation(
            "record",
            brief: "{name} is forgotten, the name is free",
            full: """
                Settings and log of {name} were removed, so `docker ps -a` no longer lists it. The image it \
                came from is still there: `docker run` makes a new container from it at any time.
                """,
            deep: """
                The record of {id|short} was removed last, after all that it lists: a crash in between leaves \
                something that can still be found and removed. Read: docker-container-rm(1).
                """),
        .containerRename: Explanation(
            "name",
            brief: "{old} is now called {name}",
            full: """
                Only the name changed. The ID is the same, and a running process has noticed nothing: the host name \
                inside was set when it started.
                """,
            deep: """
                The kernel knows no container names. They are in the engine's notes, and, on networks that a user \
                made, in the engine's name server, which now answers for {name}. Read: docker-container-rename(1).
                """),
    ]
}
