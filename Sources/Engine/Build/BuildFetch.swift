import Archives
import Glibc
import OCI
import OrderedJSON
import Posix
import Registry

/// ADD of a URL.
extension ImageBuild {
    /// Fetches a file: it gets the name that the URL ends with, mode 0600, and the time that the server says.
    func fetch(_ text: String) throws -> CopySource {
        guard let url = RegistryURL(text) else {
            throw EngineFailure.invalid("\(text) is not http://HOST/FILE or https://HOST/FILE")
        }
        let name = String(url.target.prefix { $0 != "?" }.split(separator: "/").last ?? "")
        guard !name.isEmpty else { throw EngineFailure.invalid("cannot determine filename for url: \(text)") }
        let place = "\(directory)/fetched-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(place, mode: 0o700)
        let file = try Descriptor.open("\(place)/\(name)", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let progress = TransferProgress(isWanted: isWanted, send: send)
        let fetched: FetchedFile
        do {
            fetched = try node.registries.fetchFile(url, into: file) { count, total in
                try progress.tell("Downloading", id: name, current: count, total: total)
            }
        } catch let failure as RegistryFailure {
            throw EngineFailure(status: failure.status, "downloading \(text): \(failure)")
        }
        if let modified = fetched.modified {
            let time = timespec(tv_sec: modified, tv_nsec: 0)
            try check("setting the time of \(name)") { futimens(file.number, [time, time]) }
        }
        return CopySource(tree: try RootedTree(at: place), path: ArchivePath(name), isFetched: true)
    }
}
