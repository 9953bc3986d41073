import Glibc
import OCI
public import OrderedJSON
import Posix

extension Node {
    /// Builds an image of a Dockerfile and its context (API: ImageBuild, the classic builder).
    ///
    /// - Parameters:
    ///   - request: What to build.
    ///   - pull: Gives the next bytes of the context's archive, none at its end.
    ///   - isWanted: Whether the client still waits; a RUN that nobody waits for is ended.
    ///   - progress: Takes the lines that a client shows; it throws when the client is gone.
    /// - Throws: ``EngineFailure``, or ``BuildFailure`` for a command that failed.
    public func buildImage(
        _ request: BuildRequest, context pull: @escaping () throws -> [UInt8], operation: String,
        isWanted: @escaping () -> Bool, progress: @escaping (JSON) throws -> Void
    ) throws {
        let names: [ImageReference]
        do throws(OCIError) {
            var references: [ImageReference] = []
            for tag in request.tags where !tag.isEmpty { references.append(try ImageReference(tag).taggedByDefault) }
            names = references
        } catch { throw EngineFailure(wrapping: error, doing: "reading the image's name") }
        try removeStaleBuilds()
        let directory = "\(configuration.directory)/build/\(startedAt)-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(directory, mode: 0o700)
        defer { try? Files.removeTree(directory) }
        // A quiet build shows what it did only if it fails.
        var held: [JSON] = []
        do {
            let sent = try SentContext(
                unpacking: pull, into: "\(directory)/context", dockerfile: request.dockerfile, limit: unpackLimit)
            let build = try ImageBuild(
                node: self, request: request, operation: operation, context: sent, directory: directory,
                isWanted: isWanted
            ) { line in
                if request.isQuiet, line["aux"] == nil { held.append(line) } else { try progress(line) }
            }
            var id = try build.run()
            if request.squashes { id = try build.squash(id) }
            if request.isQuiet {
                try progress(["stream": .string("\(id)\n")])
            } else {
                try progress(["stream": .string("Successfully built \(id.short)\n")])
            }
            for name in names {
                try tagImage("\(id)", repository: name.familiar, tag: "", operation: operation)
                if !request.isQuiet { try progress(["stream": .string("Successfully tagged \(name.familiar)\n")]) }
            }
        } catch {
            for line in held { try progress(line) }
            throw error is BuildFailure ? error : EngineFailure(wrapping: error, doing: "building image")
        }
    }

    /// Removes what builds of an engine that died have left.
    private func removeStaleBuilds() throws {
        let place = "\(configuration.directory)/build"
        guard Files.exists(place) else { return }
        for entry in try Files.list(place) where !entry.name.hasPrefix("\(startedAt)-") {
            try Files.removeTree("\(place)/\(entry.name)")
        }
    }
}
