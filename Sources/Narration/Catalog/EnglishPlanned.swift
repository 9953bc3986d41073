import EngineAPI

extension EnglishTexts {
    /// What is said of steps that are only planned, where the usual text tells of what came of them.
    static let planned: [StepKind: ObservedExplanation] = [
        .imageResolve: ObservedExplanation(
            brief: """
                {?layers}{reference}, {layers|n:read-only layer}, already on {node}{:}the image that the instruction \
                before has made{/}
                """,
            full: """
                An image is files plus a default command. Running it never changes it; a hundred containers can read \
                the same one. {?layers}{reference} is on {node}: {layers|n:layer}, {size|bytes}; nothing is \
                pulled.{:}Here it is the one that the instruction before will have made.{/}
                """),
        .registryResolve: ObservedExplanation(
            brief: "{reference}: its digest is asked of the registry",
            full: """
                A registry is a web server that gives out images. It is asked what {reference} means and gives a \
                digest. A tag can move to another image; a digest never does.
                """),
        .manifestFetch: ObservedExplanation(brief: "the list of its parts for {platform}"),
        .layerDownload: ObservedExplanation(
            brief: "layer {number}: {size|bytes}, {digest|short}, unless it is here",
            full: """
                A layer comes as one archive and is hashed while it comes; one wrong byte and it is thrown away. One \
                that is here already, from another image or an earlier pull, is not fetched again.
                """),
        .layerUnpack: ObservedExplanation(brief: "layer {digest|short} unpacked, unless it is here"),
        .imageVerify: ObservedExplanation(brief: "manifest and image, read again and hashed again"),
        .imageTag: ObservedExplanation(
            brief: "{reference} -> {?image}{image|short}{:}the image{/}",
            full: """
                A tag is a name that leads to an image; nothing is copied. From then on {reference} leads to \
                {?image}{image|short}{:}this image{/}, wherever it led before.
                """),
        .registryConnect: ObservedExplanation(
            brief: "{registry}, repository {repository}",
            full: """
                The name says where an image goes: registry, then repository. It is asked whether it is a registry and \
                whether it wants a login.
                """),
        .layerUpload: ObservedExplanation(
            brief: "{what} {digest|short}: {size|bytes}, unless it is there",
            full: """
                Parts go before the list that names them. The registry is asked whether it has this digest; only what it \
                has not is sent.
                """),
        .manifestPush: ObservedExplanation(
            brief: "{reference} gets its meaning at {registry}",
            full: """
                Last comes the manifest, under the tag: from that moment the name leads to the image for everybody who \
                pulls. A registry refuses a manifest whose parts it does not have.
                """),
        .imageLoad: ObservedExplanation(
            brief: "{images|n:image} from the archive{?images}: {images|and}{/}"),
        .imageImport: ObservedExplanation(brief: "a tree of files as one layer"),
        .buildInstruction: ObservedExplanation(
            brief: """
                {?image}{instruction} -> {image|short}{?cached}, from the cache{:}, the base image{/}{:}{text}\
                {?reason=changed}: not in the cache{/}{?reason=after}: after a change{/}{?reason=off}: without the \
                cache{/}{/}
                """,
            full: """
                Each instruction makes an image from the one before. {?reason=hit}This very instruction was \
                done on this image before: the result is taken from the cache.{/}{?reason=base}The first image \
                is the base; nothing is copied.{/}{?reason=changed}The cache has nothing for this image, this \
                instruction and these files, so it is carried out.{/}{?reason=after}An instruction before it \
                is carried out, so the cache can't help any more.{/}{?reason=off}The cache is turned off with \
                --no-cache.{/}{?reason}{:}Whether the cache has it is known when those before it are done.{/}
                """),
        .volumeFill: ObservedExplanation(
            brief: "what the image has at {source}",
            full: """
                The volume is empty and the image has something at {source}, so that is copied in, with owners and \
                modes. It happens once; later containers find the volume as it is.
                """),
        .filesPut: ObservedExplanation(brief: "the archive, unpacked in {directory} of {container}"),
        .imageCommit: ObservedExplanation(brief: "what {container} has written, as a new layer"),
        .cgroupFreeze: ObservedExplanation(brief: "all processes of {object} standing still"),
        .cgroupThaw: ObservedExplanation(brief: "all processes of {object} running again"),
        .processEnd: ObservedExplanation(
            brief: """
                {?exitCode}PID {pid} ended{?signal} by {signal|signal}{/}, exit code {exitCode}{:}its first process \
                ends, with an exit code of its own{/}
                """,
            full: """
                {?signal}A signal ends it, and then the exit code is 128 + its number.{:}The program chooses its exit \
                code: 0 says that all went well. One that a signal ends has 128 + its number.{/}
                """),
        .networkRelease: ObservedExplanation(
            full: """
                The cable goes with the network namespace when its last process ends, or is pulled. {address} can then \
                be given to the next container of the network {network}.
                """),
        .cgroupRemove: ObservedExplanation(
            brief: "the cgroup, with all that it has counted",
            full: "When its last process has ended, the cgroup is read once more and removed like an empty directory."),
        .layerDelete: ObservedExplanation(
            full: """
                All that {object} has written outside its volumes goes with its layer. The image's layers stay as they \
                are.
                """),
    ]
}
