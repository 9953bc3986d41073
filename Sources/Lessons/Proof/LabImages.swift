import EngineClient
import Glibc
import Posix

/// The lab's images, carried from Drydock's own engine to another one: no registry has them.
enum LabImages {
    /// Writes the images of an engine into an archive, as `docker save` does.
    ///
    /// - Parameter others: References that are left out: where the archive goes they mean somebody's own images.
    /// - Returns: Whether there was anything to be written.
    static func save(from engine: EngineClient, to path: String, without others: Set<String>) throws -> Bool {
        let all = try Inventory(of: engine).images.subtracting(others)
        let references = all.filter { !$0.hasPrefix("sha256:") }.sorted()
        if references.isEmpty { return false }
        let stream = try engine.stream("GET", "/images/get", query: references.map { ("names", $0) })
        defer { stream.close() }
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        while let bytes = try stream.read() { try file.write(bytes) }
        return true
    }

    /// Gives an engine the images of an archive, as `docker load` does.
    /// - Throws: ``LabFailure`` with the engine's words if it could not read the archive.
    static func load(_ path: String, into engine: EngineClient) throws {
        let file = try Descriptor.open(path, O_RDONLY)
        let stream = try engine.stream(
            "POST", "/images/load", query: [("quiet", "1")],
            body: .descriptor(file.number, contentType: "application/x-tar"))
        defer { stream.close() }
        while let line = try stream.nextJSON() {
            guard let problem = line["error"]?.string else { continue }
            throw LabFailure(description: "the images were not loaded: \(problem)")
        }
        withExtendedLifetime(file) {}
    }
}
