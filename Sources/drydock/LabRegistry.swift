import Engine
import EngineServer
import Glibc
import OCI
import Posix
import Registry

/// The lab's own registry, in the engine's process.
enum LabRegistry {
    /// Where it listens unless `DRYDOCK_REGISTRY` says otherwise: the port that Docker's own registry has.
    private static let standardAddress = "127.0.0.1:5000"

    /// Tells nodes how registries are reached (the environment, and `daemon.json` in the home) and what the lab's has.
    static func prepare(_ template: inout NodeConfiguration, _ home: DrydockHome) throws {
        var settings = RegistrySettings(isLoopbackOnly: processEnvironment()["DRYDOCK_UPLINK"] == "none")
        settings.proxies = ProxySettings(environment: processEnvironment())
        settings.userAgent = "Drydock/\(DrydockHome.version)"
        settings.certificateDirectories.append("\(home.path)/certs.d")
        try settings.read("\(home.path)/daemon.json")
        template.registries = Registries(settings)
        template.labRegistry = try RegistryStore(at: "\(home.path)/registry", limit: settings.unpackLimit)
    }

    /// Fills it with the lab's images and serves it on loopback. A standard port that is taken is no hindrance; one that
    /// was asked for is.
    static func serve(_ lab: Lab) throws -> RegistryServer? {
        guard let node = lab.nodes.first, let store = node.configuration.labRegistry else { return nil }
        try node.stockRegistry()
        let asked = processEnvironment()["DRYDOCK_REGISTRY"].flatMap { $0.isEmpty ? nil : $0 }
        guard let endpoint = ListenAddress.parse(asked ?? standardAddress), endpoint.isLoopback else {
            throw UsageProblem(
                "DRYDOCK_REGISTRY is \"\(asked ?? "")\"; it can be an address of this machine alone with a port, such as "
                    + "\(standardAddress). To let others read the registry: drydock registry serve")
        }
        var configuration = RegistryServer.Configuration(endpoint: endpoint, access: .owner)
        configuration.report = { print($0) }
        let server: RegistryServer
        do throws(SystemError) { server = try RegistryServer(store, configuration) } catch {
            guard error.code == EADDRINUSE, asked == nil, let other = ListenAddress.parse("127.0.0.1:0") else {
                throw error
            }
            print("the lab's registry takes another port: \(error)")
            configuration.endpoint = other
            server = try RegistryServer(store, configuration)
        }
        node.configuration.registries.embeddedURL = RegistryURL(
            .http, host: server.endpoint.host, port: server.endpoint.port)
        return server
    }
}
