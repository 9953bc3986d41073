/// Unpacks one layer's archive into an empty directory.
final class LayerUnpacker {
    private(set) var size: Int64 = 0
    private(set) var entries = 0
    private(set) var notes: [String] = []
    init(into path: String, policy: UnpackPolicy) throws(OCIError) {}
    func unpack(
        _ source: any ByteSource, expecting diffID: Digest, limit: Int64?, progress: ((Int64) throws(OCIError) -> Void)?
    ) throws(OCIError) { throw .unsupported("unpacking") }
}
