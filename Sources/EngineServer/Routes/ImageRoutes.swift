import Engine
import EngineAPI
import HTTPMessages
import OCI
import OrderedJSON
import Posix

/// Images: listed, loaded, imported, saved, tagged and removed (API: Image).
extension Routes {
    var images: [Route] {
        let node = node
        return [
            Route("GET", "/images/json") { request, responder in
                let query = try ImageListQuery(request.query, version: request.version)
                let list = try node.listImages(
                    all: query.all, filters: query.filters.values, digests: request.query.flag("digests"))
                try responder.send(json: .array((list.array ?? []).map { request.version.image($0) }))
            },
            Route("GET", "/images/get") { request, responder in
                try save(request.query.all("names"), responder)
            },
            Route("GET", "/images/{name...}/get") { request, responder in try save([request["name"]], responder) },
            Route("GET", "/images/{name...}/json") { request, responder in
                try responder.send(json: request.version.image(try node.inspectImage(request["name"])))
            },
            Route("GET", "/images/{name...}/history") { request, responder in
                try responder.send(json: try node.imageHistory(request["name"]))
            },
            Self.change(
                "POST", "/images/load", plan: { try node.planLoad(BodySource.make($0.body)) }
            ) { request, responder, operation in
                let isQuiet = request.query.flag("quiet", default: true)
                let progress = ProgressStream(responder)
                try progress.reportingErrors {
                    try node.loadImages(BodySource.make(request.body), operation: operation) { line in
                        // The result's lines are no progress; a quiet client gets them, too.
                        if !isQuiet || line["progressDetail"] == nil { try progress.send(line) }
                    }
                }
            },
            Self.change("POST", "/images/create", plan: planCreate) { request, responder, operation in
                switch try ImageCreateQuery(request.query, version: request.version) {
                case .pull(let image, let tag, let platform):
                    try pull(image, tag: tag, platform: platform, request, responder, operation: operation)
                case .import(let source, let repository, let tag, let comment, let changes, let platform):
                    let id = try node.importImage(
                        source == "-" ? BodySource.make(request.body) : try node.fetchArchive(source),
                        source: source, repository: repository ?? "", tag: tag ?? "",
                        message: comment ?? "", changes: changes, platform: platform ?? "", operation: operation)
                    try ProgressStream(responder).send(["status": .string(id)])
                }
            },
            Self.change(
                "POST", "/images/{name...}/tag",
                plan: { request in
                    try node.planTag(
                        request["name"], repository: request.query["repo"] ?? "", tag: request.query["tag"] ?? "")
                }
            ) { request, responder, operation in
                try node.tagImage(
                    request["name"], repository: request.query["repo"] ?? "", tag: request.query["tag"] ?? "",
                    operation: operation)
                try responder.send(201)
            },
            Self.change(
                "DELETE", "/images/{name...}",
                plan: { request in
                    let query = RemoveImageQuery(request.query)
                    return try node.planImageRemoval(
                        request["name"], force: query.force, prune: !query.keepsParents, gone: request.goneByThen)
                }
            ) { request, responder, operation in
                let query = RemoveImageQuery(request.query)
                let records = try node.removeImage(
                    request["name"], force: query.force, prune: !query.keepsParents, operation: operation)
                try responder.send(json: records)
            },
        ]
    }

    /// The plan of a pull or of an import.
    @Sendable private func planCreate(_ request: Request) throws -> [StepRecord] {
        switch try ImageCreateQuery(request.query, version: request.version) {
        case .pull(let image, let tag, let platform):
            return try wantedPulls(image, tag: tag, platform: platform, request).flatMap { try node.planPull($0) }
        case .import(let source, let repository, let tag, _, let changes, let platform):
            return try node.planImport(
                source: source, repository: repository ?? "", tag: tag ?? "", changes: changes,
                platform: platform ?? "")
        }
    }

    /// Sends images as an archive. Nothing is sent before the first byte exists, so that a missing image is a 404.
    private func save(_ names: [String], _ responder: Responder) throws {
        let archive = ArchiveStream(responder)
        try node.images.save(names) { (bytes) throws(OCIError) in try archive.write(bytes) }
        try archive.flush()
        node.publishSave(names)
    }
}

/// Lines of progress as JSON, each with the line end that Docker's daemon writes. The answer begins with the first
/// line: until then an error is an ordinary one.
final class ProgressStream {
    private let responder: Responder
    private var stream: ResponseStream?

    init(_ responder: Responder) { self.responder = responder }

    /// Sends a line.
    func send(_ line: JSON) throws {
        let stream = try self.stream ?? responder.stream(contentType: "application/json")
        self.stream = stream
        try stream.write(line.encoded() + [0x0D, 0x0A])
    }

    /// Runs a body. An error before the first line is an ordinary one, a later one is told of in the stream itself.
    func reportingLateErrors(_ body: () throws -> Void) throws {
        try reportingErrors {
            do { try body() } catch {
                if stream == nil { throw BeforeFirstLine(error: error) }
                throw error
            }
        }
    }

    private struct BeforeFirstLine: Error { var error: any Error }

    /// Runs a body and tells of its error in the stream itself, with status 200: what Docker's clients expect where an
    /// archive is taken in.
    func reportingErrors(_ body: () throws -> Void) throws {
        do { try body() } catch let early as BeforeFirstLine { throw early.error } catch {
            let message = EngineRoutes.translate(error).message
            try send(["errorDetail": ["message": .string(message)], "error": .string(message)])
        }
    }
}

/// A request's body as a source of bytes for archives.
enum BodySource {
    static func make(_ body: MessageBody) -> any ByteSource {
        var rest: ArraySlice<UInt8> = []
        return FunctionSource { (buffer) throws(OCIError) in
            if rest.isEmpty {
                do throws(HTTPFailure) { rest = (try body.read() ?? [])[...] } catch {
                    if case .transport(let cause) = error { throw .system(cause) }
                    throw .corruptArchive(what: "request", problem: error.description)
                }
            }
            let count = min(buffer.count, rest.count)
            buffer.copyBytes(from: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        }
    }
}

/// An archive that is sent in pieces of a good size.
private final class ArchiveStream {
    private let responder: Responder
    private var stream: ResponseStream?
    private var held: [UInt8] = []
    private static let pieceSize = 128 * 1024

    init(_ responder: Responder) { self.responder = responder }

    func write(_ bytes: UnsafeRawBufferPointer) throws(OCIError) {
        held += bytes
        guard held.count >= Self.pieceSize else { return }
        // Whoever is gone needs no archive.
        do { try flush() } catch { throw .cancelled }
    }

    func flush() throws {
        let stream = try self.stream ?? responder.stream(contentType: "application/x-tar")
        self.stream = stream
        try stream.write(held)
        held.removeAll(keepingCapacity: true)
    }
}

extension APIVersion {
    /// An image as clients of this version know it: members that Docker has given up are left out for newer ones.
    fileprivate func image(_ image: JSON) -> JSON {
        guard self >= "1.44", let members = image.object else { return image }
        var gone: Set<String> = ["VirtualSize"]
        if self >= "1.45" { gone.formUnion(["Container", "ContainerConfig"]) }
        return .object(JSONObject(members.filter { !gone.contains($0.name) }.map { ($0.name, $0.value) }))
    }
}
