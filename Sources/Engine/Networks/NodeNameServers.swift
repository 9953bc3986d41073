import Kernel
import OrderedJSON
import Posix

extension Node {
    /// Who is asked for the names that are not of the lab's own: what `--dns` names, from inside the container as on
    /// Docker; else the machine's name servers, where the node has an uplink to reach them.
    ///
    /// - Returns: `nil` when nobody is to be asked: without an uplink, or when all networks of the container are internal.
    func forwarder(for container: Container, inside: any NetworkNamespace) -> NameForwarder? {
        let given = container.life.current.definition.hostObject.strings("Dns")
        let servers: [NameForwarder.Server]
        if !given.isEmpty {
            servers = given.compactMap { IPAddress($0) }.map { .init(address: $0, isMachines: false) }
        } else {
            let endpoints = container.life.current.running?.endpoints ?? []
            let hasWayOut = endpoints.contains { networks[$0.networkID]?.definition.isInternal == false }
            guard configuration.uplink == .nat, hasWayOut,
                let found = try? ResolverFile.Settings(reading: configuration.resolverFile)
            else { return nil }
            servers = found.servers.compactMap { IPAddress($0) }.map { .init(address: $0, isMachines: $0.isLoopback) }
        }
        return NameForwarder(servers: servers) { [kernel] transport, server in
            let place = server.isMachines ? try kernel.machineNetworkNamespace() : inside
            return try place.inside { try InternetSocket.connecting(transport, to: server.address, port: 53) }
        }
    }
}
