extension ImageStore {
    /// Writes images as an archive that Docker and OCI readers load: `docker save`.
    ///
    /// - Parameters:
    ///   - names: Names or IDs. A repository without tag and digest means all its tags.
    ///   - sink: Where the archive goes.
    /// - Throws: ``OCIError/noSuchImage(_:)`` before anything is written.
    public func save(_ names: [String], to sink: @escaping ByteSink) throws(OCIError) {
        throw .unsupported("save")
    }
}
