import EngineAPI

extension EnglishTexts {
    static let builds: [StepKind: Explanation] = [
        .buildInstruction: Explanation(
            "build",
            brief: """
                {instruction} -> {image|short}{?cached}, from the cache{:}{?reason=base}, the base image{:}, done{/}{/}
                """,
            full: """
                Each instruction makes an image from the one before. {?reason=hit}This very instruction was \
                done on this image before: the result is taken from the cache.{/}{?reason=base}The first image \
                is the base; nothing is copied.{/}{?reason=changed}The cache had nothing for this image, this \
                instruction and these files, so it was carried out.{/}{?reason=after}An instruction before it \
                was carried out, so the cache can't help any more.{/}{?reason=off}The cache was turned off with \
                --no-cache.{/}
                """,
            deep: """
                The key of the cache is the image before plus the instruction: for RUN the command and its \
                build arguments, for COPY and ADD a digest of the files' names, modes and bytes, without their \
                times. What a command would give today is never looked at: `RUN apt update` is cached as well. \
                What was written becomes a layer; an instruction that only changes settings makes none. The \
                line was: {text}. Read: dockerfile(5).
                """)
    ]
}
