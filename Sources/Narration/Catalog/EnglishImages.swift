import EngineAPI

extension EnglishTexts {
    static let images: [StepKind: Explanation] = [
        .imageResolve: Explanation(
            "image",
            brief: "{reference}, {layers|n:read-only layer}, already on {node}",
            full: """
                An image is files plus a default command. Running it never changes it; a hundred containers can read \
                the same one. {reference} is on {node}: {layers|n:layer}, {size|bytes}; nothing is pulled.
                """,
            deep: """
                A reference is resolved in two hops. The store's index gives the digest of a manifest for this name and \
                this CPU; the manifest gives the digests of a configuration (command, environment, user) and of the \
                layers. A digest is the SHA-256 of the very bytes it names: a damaged file is noticed, and the same \
                bytes are never kept twice. No tag given means the tag named latest, which need not be the newest. \
                Read: image-spec, manifest.md.
                """),
        .imageLoad: Explanation(
            "load",
            brief: "{images|n:image} from an archive{?images}: {images|and}{/}",
            full: """
                The archive held {images|n:image}: configuration, manifest and layers, all that is needed to run. \
                Every part was checked against its digest before it was kept, and no registry was asked.
                """,
            deep: """
                Two layouts are in use: the OCI image layout (index.json, blobs/sha256/...) and Docker's older \
                one (manifest.json beside one tar file per layer). Both arrive as a tar archive, as `docker \
                save` writes it. Parts that were here already are not stored a second time: what has the same \
                digest is the same. Read: image-spec, image-layout.md.
                """),
        .imageImport: Explanation(
            "import",
            brief: "a tree of files as one layer, {size|bytes}",
            full: """
                A plain tree of files became an image with a single layer. How it was made is not kept, and it \
                has no default command unless --change gave it one: files alone do not say how to run them.
                """,
            deep: """
                `docker import` takes what `docker export` writes: the merged tree of one container, without layers, \
                environment or command. `docker load` takes what `docker save` writes: whole images. The new image is \
                {image|short}; that is the SHA-256 of its configuration. Read: docker-image-import(1).
                """),
        .layerUnpack: Explanation(
            "layer",
            brief: "layer {digest|short} {?wasHere}lies unpacked already{:}unpacked{/}: {files|n:file}, {size|bytes}",
            full: """
                A layer travels as an archive and is used as a directory. It is unpacked once; every container of \
                every image that has this layer reads these same files.
                """,
            deep: """
                A layer holds only what differs from the layers below it. A file that it deletes is an entry named \
                .wh.NAME in the archive, and becomes a character device 0/0 on disk: a whiteout, which overlayfs \
                shows as "no such file". Owners, modes and extended attributes are kept; names that lead out of the \
                directory are refused. It lies in {directory}. Read: image-spec, layer.md.
                """),
        .imageTag: Explanation(
            "tag",
            brief: "{reference} -> {image|short}",
            full: """
                A tag is a name that leads to an image; nothing is copied. From now on {reference} leads to \
                {image|short}, wherever it led before.
                """,
            deep: """
                Names are written like registry.example/team/app:1.2. The part before the first slash is the registry \
                if it has a dot, a colon or is localhost; then the repository; then the tag. `docker push` reads from \
                the name where to send it. An image can have many names, a name leads to one image. \
                Read: docker-image-tag(1).
                """),
        .imageUntag: Explanation(
            "untag",
            brief: "{reference} no longer names {image|short}",
            full: "A name was taken away, no file. The image stays as long as another name leads to it.",
            deep: """
                An image that lost its last name while a container still uses it is listed as <none>, dangling; \
                `docker image prune` removes such images once nothing uses them. Read: docker-image-rm(1).
                """),
        .imageDelete: Explanation(
            "delete",
            brief: "image {image|short} is gone{?layers}, with {layers|n:layer}{:}; its layers are shared and stay{/}",
            full: """
                No name led to the image any more, so its configuration was removed. \
                {?layers}{layers|n:layer} that no other image uses went with it.{:}All its layers are used by other \
                images too, so they stay.{/}
                """,
            deep: """
                Layers are counted by the images that have them: two images built on the same base share its \
                directories, and the space of a layer is free only when the last of them goes. That is why the sizes \
                in `docker images` add up to more than the disk holds; `docker system df` counts each once. \
                Read: docker-image-rm(1).
                """),
    ]
}
