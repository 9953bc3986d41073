import EngineAPI

extension EnglishTexts {
    static let registries: [StepKind: Explanation] = [
        .registryResolve: Explanation(
            "registry",
            brief: "{reference} is {digest|short} at {?isLab}the lab's registry{:}{registry}{/}",
            full: """
                A registry is a web server that gives out images. It was asked what {reference} means and gave a digest. \
                {?isLab}It is the lab's own, on this machine: no internet is needed.{:}A tag can move to another image; a \
                digest never does.{/}
                """,
            deep: """
                The name says where to ask: what stands before the first slash, docker.io if there is nothing like a host. \
                The lab's own registry is asked first for names of docker.io. One request answers it: GET \
                /v2/{repository}/manifests/TAG. The digest is the SHA-256 of the {size|bytes} that came back, so \
                nobody on the way can change them unnoticed. Read: distribution-spec, "Pulling manifests".
                """),
        .manifestFetch: Explanation(
            "manifest",
            brief: "for {platform}: {layers|n:layer}, {size|bytes} to have",
            full: """
                A manifest is the list of an image's parts: a configuration and {layers|n:layer}, each by digest and \
                size. The same name can have one for each kind of processor; {platform} is what was chosen here.
                """,
            deep: """
                Where an image is made for several platforms, the name leads to an index first: a list of manifests, {choices} \
                of them here. The configuration (command, environment, history) is a blob like the layers; its digest \
                {image|short} is the image's ID. Nothing is believed by name: each part is asked for by its digest. \
                Read: image-spec, manifest.md and image-index.md.
                """),
        .layerDownload: Explanation(
            "download",
            brief:
                "layer {number}: {?wasHere}{digest|short} is here already{:}{size|bytes}, {digest|short}, checked{/}",
            full: """
                {?wasHere}This layer was here already, from another image or an earlier pull, so nothing was fetched.{:}The \
                layer came as one archive and was hashed while it came; one wrong byte and it would have been thrown \
                away.{/}
                """,
            deep: """
                Three layers at a time are fetched, each by GET /v2/NAME/blobs/DIGEST. A transfer that breaks off goes on \
                where it ended (Range: bytes=N-). The archive is kept as {path}: its name is its \
                digest, so that the next image with this layer needs no transfer. Read: distribution-spec, "Pulling blobs".
                """),
        .imageVerify: Explanation(
            "verify",
            brief: "manifest {digest|short} and image {image|short} as they lie on disk",
            full: """
                What was stored was read again and hashed again: manifest and configuration are, byte for byte, what the \
                registry named. The configuration names the layers by the digests of their unpacked archives.
                """,
            deep: """
                Two digests belong to a layer: the one in the manifest is of the archive as it travels, often compressed; \
                the one in the configuration (diff_ids) is of the archive unpacked. Both were compared. So the ID of an \
                image, a digest of the configuration, vouches for every file in it. Read: image-spec, config.md.
                """),
        .registryConnect: Explanation(
            "registry",
            brief: "{?isLab}the lab's registry, {registry}{:}{registry}{/}, repository {repository}",
            full: """
                The name says where an image goes: registry, then repository. {?isLab}This is the lab's own registry, on this \
                machine; what is pushed stays here. {/}It was asked whether it is a registry and whether it wants a login.
                """,
            deep: """
                GET /v2/ is the greeting: 200 means come in, 401 names the way to prove who asks, a password or a token of a \
                token service. `docker login` keeps what is needed in ~/.docker/config.json. HTTP without TLS, \
                so without a certificate that proves who answers, is spoken to this machine only, and to registries that were named insecure. Read: distribution-spec, "API".
                """),
        .layerUpload: Explanation(
            "upload",
            brief:
                "{what} {digest|short}: {?from}mounted from {from}{:}{?sent}{sent|bytes} sent{:}there already{/}{/}",
            full: """
                Parts go before the list that names them. The registry was asked whether it has this digest\
                {?from}, and took it from {from} without a transfer.{:}{?sent}; it had not, so the bytes were sent.{:}; \
                it has, so nothing was sent.{/}{/}
                """,
            deep: """
                HEAD /v2/NAME/blobs/DIGEST asks, POST begins an upload (or mounts from another repository), PATCH carries \
                the bytes, PUT names the digest, and the registry checks it. Because parts are named by their contents, a \
                new version of an image sends only the layers that changed. Read: distribution-spec, "Pushing blobs".
                """),
        .manifestPush: Explanation(
            "publish",
            brief: "{reference} now means {digest|short}",
            full: """
                Last came the manifest, under the tag: from this moment the name leads to the image for \
                everybody who pulls. A registry refuses a manifest whose parts it does not have.
                """,
            deep: """
                PUT /v2/NAME/manifests/TAG with the manifest's {size|bytes}. If the tag led elsewhere before, that manifest \
                keeps its digest and can still be pulled by it: NAME@sha256:... The digest is what to write into files that \
                must mean the same tomorrow. Read: distribution-spec, "Pushing manifests".
                """),
    ]
}
