/// The images that need no network: made on this machine from its own static busybox and bash.
public enum EmbeddedImages {
    /// Their names, in normal form.
    public static let names: [String] = [
        "busybox:latest", "hello-world:latest", "lab/bash:latest", "lab/web:1", "lab/web:2", "lab/counter:latest",
        "lab/hungry:latest",
    ]

    /// Makes all of them that are missing.
    /// - Throws: ``OCIError/missingProgram(name:package:)``.
    public static func install(into store: ImageStore) throws(OCIError) { throw .unsupported("embedded images") }
}
