import OCI
import Posix
import Synchronization

/// Something of the engine's that could not be read when it started. It stays on the disk as it is, and all else works.
public struct SetAside: Sendable, Equatable {
    /// What it is.
    public enum Kind: String, Sendable { case container, network, volume, image }

    /// What it is.
    public var kind: Kind
    /// Its identity; of a volume and an image its name.
    public var id: String
    /// Its name, where that could be read.
    public var name: String?
    /// The directory or file that is all of it.
    var path: String
    /// Why it can't be used, naming the file.
    public var reason: String

    /// How it is called in a sentence: `container 0123456789ab (web)`.
    private var title: String {
        let short = kind == .container || kind == .network ? String(id.prefix(12)) : id
        return "\(kind.rawValue) \(short)" + (name.map { " (\($0))" } ?? "")
    }

    /// What can be done about it.
    private var remedy: String {
        switch kind {
        case .container: "docker rm -f \(id.prefix(12)) removes it; what it wrote is in \(path)/upper"
        case .network: "docker network rm \(id.prefix(12)) removes it"
        case .volume:
            "its data is in \(path)/_data; docker volume create \(id) takes it again as a plain volume, docker volume rm \(id) "
                + "removes it with its data"
        case .image: "docker pull or docker load brings it again, docker rmi \(id) gives it up"
        }
    }

    /// The sentence for a person.
    public var sentence: String { "\(title) is set aside: \(reason). Nothing of it was changed: \(remedy)" }

    /// Refuses to use it.
    var refusal: EngineFailure { .conflict(sentence) }
}

/// What a node has set aside.
final class SetAsideList: Sendable {
    private let list = Mutex<[SetAside]>([])

    /// All of it, in the order it was found.
    var all: [SetAside] { list.withLock { $0 } }

    /// Sets something aside.
    func add(_ item: SetAside) { list.withLock { $0.append(item) } }

    /// What a text means: its identity, its name, or the beginning of the identity of one thing only.
    func find(_ kind: SetAside.Kind, _ text: String) -> SetAside? {
        let items = all.filter { $0.kind == kind }
        if let exact = items.first(where: { $0.id == text || $0.name == text }) { return exact }
        let found = items.filter { $0.id.hasPrefix(text) }
        return found.count == 1 && !text.isEmpty ? found.first : nil
    }

    /// Removes all of it from the disk, and forgets it.
    func remove(_ item: SetAside) throws(SystemError) {
        try Files.removeTree(item.path)
        forget(item)
    }

    /// Forgets it: it can be used again.
    func forget(_ item: SetAside) { list.withLock { $0.removeAll { $0 == item } } }
}

extension Lab {
    /// What could not be read when the nodes started, a sentence each.
    public var setAsideSentences: [String] {
        nodes.flatMap { node in
            let prefix = node.configuration.name == Self.firstNode ? "" : "\(node.configuration.name): "
            return node.setAsideSentences.map { prefix + $0 }
        }
    }
}

extension Node {
    /// What of the node could not be read when it started, a sentence each: what it is, why, and what can be done.
    public var setAsideSentences: [String] {
        setAside.all.map(\.sentence) + images.leftOut.map { setAsideImage($0).sentence } + indexSentences
            + notes.withLock { $0 }
            + keptFiles.map { "\($0) was damaged, and was made anew; it is kept to be looked at, and nothing needs it" }
    }

    private func setAsideImage(_ image: LeftOutImage) -> SetAside {
        SetAside(
            kind: .image, id: image.shownName, path: images.content.path(of: image.entry.digest),
            reason: "\(image.reason)")
    }

    /// What was done about damaged lists of images since the engine was started.
    private var indexSentences: [String] {
        var sentences: [String] = []
        if let damage = images.content.indexDamage {
            sentences.append(
                "the list of images was made anew: \(damage.reason). \(damage.entries) of its entries could be read; images "
                    + "that lost their name are listed as <none>, and docker tag gives them one")
        }
        if let damage = configuration.labRegistry?.content.indexDamage, place?.number ?? 1 == 1 {
            sentences.append(
                "the list of the lab's registry was made anew: \(damage.reason). \(damage.entries) of its entries could be "
                    + "read; drydock registry add brings others again")
        }
        if !images.mended.isEmpty {
            let names = images.mended.map { images.image($0)?.repoTags.first ?? $0.short }
            sentences.append("layers of \(names.joined(separator: ", ")) were damaged, and were unpacked again")
        }
        return sentences
    }

    /// Damaged files that got another name; those of the whole lab are told of by its first node.
    private var keptFiles: [String] {
        var directories = [configuration.directory, images.content.path]
        if let place, place.number == 1 {
            directories.append(place.lab.directory)
            if let registry = configuration.labRegistry { directories.append(registry.content.path) }
        }
        return directories.flatMap { directory in
            ((try? Files.list(directory)) ?? []).filter { $0.name.contains(".json.damaged") }
                .map { "\(directory)/\($0.name)" }
        }
    }

    /// Removes a container that was set aside.
    ///
    /// - Returns: Whether there is one that the text means.
    func removeSetAsideContainer(_ reference: String, force: Bool) throws -> Bool {
        guard (try? container(reference)) == nil, let item = setAside.find(.container, Self.plainName(reference)) else {
            return false
        }
        guard force else { throw item.refusal }
        do throws(SystemError) { try setAside.remove(item) } catch {
            throw EngineFailure(wrapping: error, doing: "removing container \(item.id)")
        }
        forget(item.id)
        do throws(OCIError) { try images.layers.release("container \(item.id)") } catch {
            throw EngineFailure(wrapping: error, doing: "letting go of the layers of container \(item.id)")
        }
        events.publish("container", "destroy", item.id, ["name": item.name ?? ""])
        return true
    }

    /// A container's name without the slash that may come before it.
    static func plainName(_ reference: String) -> String {
        reference.hasPrefix("/") ? String(reference.dropFirst()) : reference
    }
}
