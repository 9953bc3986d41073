import CLinux
import Glibc
import OrderedJSON
import Posix
import Synchronization

/// Layers unpacked on this machine, each exactly once, by chain ID: `<chain>/diff` and the facts in `<chain>/layer.json`.
///
/// Who needs a layer retains it under an owner's name, together with all layers below it; what nobody retains any more
/// is removed. Owners are not stored: whoever opens the store registers them anew. It may be used from any thread; two
/// that ask for the same layer unpack it once.
public final class LayerStore: Sendable {
    /// The store's directory.
    public let path: String
    /// What unpacking may do here.
    public let policy: UnpackPolicy

    private struct State {
        var known: [Digest: Layer] = [:]
        var owners: [Digest: Set<String>] = [:]
        /// Layers that are on the disk but can't be used, with the reason.
        var damaged: [Digest: OCIError] = [:]
        var inProgress: [Digest: Monitor<Bool>] = [:]
    }
    private let state = Mutex(State())

    /// Opens the store in a directory, made if it is missing; what was interrupted is removed.
    public init(at path: String, policy: UnpackPolicy = .current) throws(OCIError) {
        self.path = path
        self.policy = policy
        try system { () throws(SystemError) in
            try Files.makeDirectories(path)
            try Files.removeTree("\(path)/ingest")
            try Files.makeDirectories("\(path)/ingest", mode: 0o700)
        }
        var known: [Digest: Layer] = [:]
        var damaged: [Digest: OCIError] = [:]
        for entry in try system({ () throws(SystemError) in try Files.list(path) }) {
            guard let chainID = Digest(hexadecimal: entry.name) else { continue }
            do throws(OCIError) { known[chainID] = try Self.read(chainID, in: path) } catch {
                damaged[chainID] = error
            }
        }
        let (found, unusable) = (known, damaged)
        state.withLock {
            $0.known = found
            $0.damaged = unusable
        }
    }

    private static func read(_ chainID: Digest, in path: String) throws(OCIError) -> Layer {
        let tree = "\(path)/\(chainID.hexadecimal)/diff"
        guard DirectoryTree.isDirectory(tree) else {
            throw .system(SystemError("looking at \(tree)", code: Files.exists(tree) ? ENOTDIR : ENOENT))
        }
        let file = "\(path)/\(chainID.hexadecimal)/layer.json"
        let bytes = try system { () throws(SystemError) in try Files.read(file) }
        let members = try Members(try JSON(document: bytes, what: file), what: file)
        return Layer(
            chainID: chainID, diffID: try members.digest("diffID"),
            parent: members.object["parent"] == nil ? nil : try members.digest("parent"),
            size: try members.integer("size") ?? 0, entries: Int(try members.integer("entries") ?? 0),
            path: tree, notes: try members.strings("notes") ?? [])
    }

    private static func document(_ layer: Layer) -> [UInt8] {
        var object: JSONObject = [
            "chainID": .string(layer.chainID.description), "diffID": .string(layer.diffID.description),
        ]
        if let parent = layer.parent { object["parent"] = .string(parent.description) }
        object["size"] = .integer(layer.size)
        object["entries"] = .integer(Int64(layer.entries))
        if !layer.notes.isEmpty { object["notes"] = .strings(layer.notes) }
        return JSON.object(object).encoded(JSONLayout(indent: "  ")) + [0x0A]
    }

    /// Layers that are on the disk but can't be used, with the reason.
    public var damaged: [Digest: OCIError] { state.withLock { $0.damaged } }

    /// What an archive may unpack to here, now.
    var bound: UnpackBound { UnpackBound(policy.limit, at: path) }

    /// A layer that is here; `nil` if it is not.
    public func layer(_ chainID: Digest) -> Layer? { state.withLock { $0.known[chainID] } }

    /// A layer and all below it, lowest first.
    /// - Throws: ``OCIError/noSuchLayer(_:)`` if one of them is not here.
    public func layers(upTo chainID: Digest?) throws(OCIError) -> [Layer] {
        var stack: [Layer] = []
        var next = chainID
        while let chainID = next {
            guard let layer = layer(chainID) else { throw .noSuchLayer(chainID) }
            stack.append(layer)
            next = layer.parent
        }
        return stack.reversed()
    }

    /// The directories to mount for a layer and all below it, uppermost first, as overlayfs wants its `lowerdir`.
    public func lowerDirectories(upTo chainID: Digest?) throws(OCIError) -> [String] {
        try layers(upTo: chainID).reversed().map(\.path)
    }

    /// Keeps a layer and all below it for an owner, until ``release(_:)``. Retaining again adds.
    /// - Throws: ``OCIError/noSuchLayer(_:)``.
    public func retain(_ chainID: Digest?, for owner: String) throws(OCIError) {
        try state.withLock { (state) throws(OCIError) in try Self.retain(chainID, for: owner, in: &state) }
    }

    private static func retain(_ chainID: Digest?, for owner: String, in state: inout State) throws(OCIError) {
        var next = chainID
        while let chainID = next {
            guard let layer = state.known[chainID] else { throw .noSuchLayer(chainID) }
            state.owners[chainID, default: []].insert(owner)
            next = layer.parent
        }
    }

    /// Keeps layers for an owner, whether they are here or not: one that is missing may come back.
    public func retain(_ chainIDs: [Digest], for owner: String) {
        state.withLock { state in
            for chainID in chainIDs { state.owners[chainID, default: []].insert(owner) }
        }
    }

    /// Gives up all that an owner retained, and removes what nobody retains now.
    /// - Returns: The layers removed, uppermost first.
    @discardableResult
    public func release(_ owner: String) throws(OCIError) -> [Digest] {
        let unused: [Layer] = state.withLock { state in
            var unused: [Layer] = []
            for (chainID, owners) in state.owners where owners.contains(owner) {
                state.owners[chainID] = owners.subtracting([owner])
                if owners.count == 1 {
                    state.owners[chainID] = nil
                    if let layer = state.known.removeValue(forKey: chainID) { unused.append(layer) }
                }
            }
            return unused
        }
        return try discard(unused)
    }

    /// Removes all layers that nobody retains: what an interrupted load left. Call it when all owners are registered.
    @discardableResult
    public func collect() throws(OCIError) -> [Digest] {
        let unused: [Layer] = state.withLock { state in
            let unused = state.known.values.filter { state.owners[$0.chainID] == nil }
            for layer in unused { state.known[layer.chainID] = nil }
            return unused
        }
        return try discard(unused)
    }

    /// A layer's place is freed by one rename; the tree is then removed without anybody waiting for its name.
    private func discard(_ layers: [Layer]) throws(OCIError) -> [Digest] {
        let parents = Dictionary(layers.map { ($0.chainID, $0.parent) }, uniquingKeysWith: { one, _ in one })
        func depth(_ layer: Layer) -> Int {
            var depth = 0
            var next = layer.parent
            while let chainID = next, let parent = parents[chainID] { (depth, next) = (depth + 1, parent) }
            return depth
        }
        let ordered = layers.map { (layer: $0, depth: depth($0)) }
            .sorted { ($1.depth, $0.layer.chainID) < ($0.depth, $1.layer.chainID) }.map(\.layer)
        for layer in ordered {
            let trash = "\(path)/ingest/\(layer.chainID.hexadecimal).\(UInt64.random(in: 0 ... .max))"
            try system { () throws(SystemError) in
                try check("removing layer \(layer.chainID)") { rename("\(path)/\(layer.chainID.hexadecimal)", trash) }
                try Files.removeTree(trash)
            }
        }
        return ordered.map(\.chainID)
    }

    /// Whether all of a layer that is known is still on the disk: its facts, its directories and its files in their sizes.
    /// It looks at every entry and reads none.
    public func isSound(_ layer: Layer) -> Bool {
        guard let read = try? Self.read(layer.chainID, in: path), read == layer else { return false }
        return (try? DirectoryTree.size(of: layer.path)) == layer.size
    }

    /// Unpacks a layer unless it is here as a whole, and retains it for an owner.
    ///
    /// The stream is read once: it is decompressed (gzip, zstd or neither, told by its first bytes), hashed and unpacked
    /// as it passes. The layer gets its name only if its diff ID is right; a failure leaves nothing. If another thread is
    /// unpacking the same layer, this one waits for it and does not read the stream.
    ///
    /// - Parameters:
    ///   - source: The layer's archive, compressed or not.
    ///   - diffID: The digest that the uncompressed archive must have.
    ///   - parent: The chain ID of the layer below; it must be here.
    ///   - owner: Who retains the layer.
    ///   - size: The archive's size as it is, in bytes; `nil` counts them as they come.
    ///   - progress: Called with the number of bytes of the archive, as it is, that were read so far.
    /// - Throws: ``OCIError/hostileEntry(name:problem:)``, ``OCIError/corruptArchive(what:problem:)``,
    ///   ``OCIError/digestMismatch(what:expected:actual:)``, ``OCIError/entry(name:_:)`` and others.
    public func unpack(
        _ source: any ByteSource, diffID: Digest, parent: Digest?, owner: String, compressed size: Int64? = nil,
        progress: ((Int64) throws(OCIError) -> Void)? = nil
    ) throws(OCIError) -> UnpackResult {
        try unpack(diffID: diffID, parent: parent, owner: owner) { (target) throws(OCIError) in
            try target.unpack(source, expecting: diffID, bound: bound, compressed: size, progress: progress)
        }
    }

    /// Makes a layer from a directory that is moved in: an unpacked tree, or a container's upper directory copied.
    ///
    /// - Parameters:
    ///   - fill: Fills the given empty directory and says how many bytes its files have and how many entries it has.
    func unpack(
        diffID: Digest, parent: Digest?, owner: String, fill: (LayerUnpacker) throws(OCIError) -> Void
    ) throws(OCIError) -> UnpackResult {
        let chainID = diffID.chained(onto: parent)
        while true {
            let turn = Monitor(false)
            enum Place {
                case taken(Monitor<Bool>)
                case ours(Layer?)
            }
            // Whoever finds it here looks whether it still is, and has the turn meanwhile.
            let place: Place = try state.withLock { (state) throws(OCIError) in
                if let other = state.inProgress[chainID] { return .taken(other) }
                let known = state.known[chainID]
                if known != nil { try Self.retain(chainID, for: owner, in: &state) }
                if let parent { try Self.retain(parent, for: owner, in: &state) }
                state.inProgress[chainID] = turn
                return .ours(known)
            }
            switch place {
            case .taken(let other): _ = other.wait { $0 ? true : nil }
            case .ours(let known):
                defer {
                    state.withLock { $0.inProgress[chainID] = nil }
                    turn.withLock { $0 = true }
                }
                if let known, isSound(known) { return UnpackResult(layer: known, isNew: false) }
                return UnpackResult(
                    layer: try make(chainID, diffID: diffID, parent: parent, owner: owner, fill: fill), isNew: true)
            }
        }
    }

    /// Gives a finished layer its name. A damaged one that has it changes places with it: containers may still have that
    /// one mounted, so it stays among what is removed at the next opening.
    private static func place(_ temporary: String, at final: String) throws(SystemError) {
        try check("renaming layer \(final)") {
            Files.exists(final) ? linux_rename_exchange(temporary, final) : rename(temporary, final)
        }
    }

    private func make(
        _ chainID: Digest, diffID: Digest, parent: Digest?, owner: String,
        fill: (LayerUnpacker) throws(OCIError) -> Void
    ) throws(OCIError) -> Layer {
        let temporary = "\(path)/ingest/\(getpid()).\(UInt64.random(in: 0 ... .max))"
        let final = "\(path)/\(chainID.hexadecimal)"
        do throws(OCIError) {
            try system { () throws(SystemError) in try Files.makeDirectories("\(temporary)/diff") }
            let unpacker = try LayerUnpacker(into: "\(temporary)/diff", policy: policy)
            try fill(unpacker)
            let size = try system { () throws(SystemError) in
                unpacker.hasReplacedTree ? try DirectoryTree.size(of: "\(temporary)/diff") : unpacker.size
            }
            let layer = Layer(
                chainID: chainID, diffID: diffID, parent: parent, size: size, entries: unpacker.entries,
                path: "\(final)/diff", notes: unpacker.notes)
            try system { () throws(SystemError) in
                try Files.replace("\(temporary)/layer.json", with: Self.document(layer), durable: false)
            }
            try state.withLock { (state) throws(OCIError) in
                try system { () throws(SystemError) in try Self.place(temporary, at: final) }
                state.known[chainID] = layer
                state.damaged[chainID] = nil
                try Self.retain(chainID, for: owner, in: &state)
            }
            return layer
        } catch {
            // The reason for the failure is what matters; a remainder is removed at the next opening at the latest.
            try? Files.removeTree(temporary)
            throw error
        }
    }
}
