import OCI
import OrderedJSON
import Posix

extension Node {
    /// What images, containers and volumes take of the disk (API: SystemDataUsage).
    ///
    /// - Parameter types: `container`, `image`, `volume`, `build-cache`; empty is all.
    public func diskUsage(types: Set<String>) throws -> JSON {
        for type in types.sorted() where !["container", "image", "volume", "build-cache"].contains(type) {
            throw EngineFailure.invalid("unknown object type: \(type)")
        }
        func wants(_ type: String) -> Bool { types.isEmpty || types.contains(type) }
        var object: JSONObject = [:]
        if wants("image") {
            object["LayersSize"] = .integer(layersSize)
            object["Images"] = try imageUsage()
        }
        if wants("container") {
            var request = ListRequest()
            request.all = true
            request.size = true
            object["Containers"] = try listContainers(request)
        }
        if wants("volume") {
            object["Volumes"] = .array(
                try volumes.all.map { volume in
                    var shown = json(of: volume).object ?? [:]
                    shown["UsageData"] = [
                        "RefCount": .integer(Int64(users(ofVolume: volume.name).count)),
                        "Size": .integer(try DirectoryTree.size(of: volumes.path(of: volume.name))),
                    ]
                    return .object(shown)
                })
        }
        if wants("build-cache") { object["BuildCache"] = [] }
        return .object(object)
    }

    /// The sizes of all images' layers, each counted once, bytes.
    var layersSize: Int64 { Self.layers(of: images.images()).reduce(0) { $0 + $1.size } }

    private static func layers(of images: [Image]) -> Set<Layer> { Set(images.flatMap(\.layers)) }

    private func imageUsage() throws -> JSON {
        let all = images.images()
        var uses: [Digest: Int] = [:]
        for image in all { for layer in Set(image.layers) { uses[layer.chainID, default: 0] += 1 } }
        let users = containers.current.byID.values.map { $0.life.current.definition.image }
        let listed = try listImages(all: false, filters: [:], digests: false).array ?? []
        return .array(
            listed.map { entry in
                guard var object = entry.object else { return entry }
                let id = object.text("Id")
                let shared = all.first { "\($0.id)" == id }?.layers.filter { uses[$0.chainID, default: 0] > 1 } ?? []
                object["SharedSize"] = .integer(shared.reduce(0) { $0 + $1.size })
                object["Containers"] = .integer(Int64(users.filter { $0 == id }.count))
                return .object(object)
            })
    }
}
