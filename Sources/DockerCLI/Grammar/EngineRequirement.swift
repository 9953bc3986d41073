import EngineClient

/// What an engine must be for Docker's client to pass a flag on to it.
public enum EngineRequirement: Sendable, Equatable {
    /// It speaks this version of the API, or a newer one.
    case apiVersion(Int, Int)
    /// Its containers are of this operating system.
    case operatingSystem(String)
    /// It has its experimental features enabled.
    case experimental

    /// What Docker's client says where the engine is another; `nil` if it is as required.
    ///
    /// - Parameters:
    ///   - flag: The flag's long name.
    ///   - engine: What the engine told about itself.
    func complaint(about flag: String, _ engine: EngineTraits) -> String? {
        switch self {
        case .apiVersion(let major, let minor):
            let parts = engine.apiVersion.split(separator: ".").compactMap { Int($0) }
            if parts.count == 2, (parts[0], parts[1]) >= (major, minor) { return nil }
            return "\"--\(flag)\" requires API version \(major).\(minor), but the Docker daemon API version is "
                + engine.apiVersion
        case .operatingSystem(let name):
            if engine.operatingSystem == name { return nil }
            return "\"--\(flag)\" is only supported on a Docker daemon running on \(name), but the Docker daemon is "
                + "running on \(engine.operatingSystem)"
        case .experimental:
            if engine.isExperimental { return nil }
            return "\"--\(flag)\" is only supported on a Docker daemon with experimental features enabled"
        }
    }
}

/// What an engine tells about itself with each `_ping`.
struct EngineTraits {
    var apiVersion: String
    var operatingSystem: String
    var isExperimental: Bool

    /// Asks the engine.
    init(_ client: EngineClient) throws {
        let answer = try client.request("GET", "/_ping")
        apiVersion = client.apiVersion
        operatingSystem = answer.headers["Ostype"] ?? ""
        isExperimental = answer.headers["Docker-Experimental"] == "true"
    }
}
