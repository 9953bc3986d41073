import EngineAPI
import Kernel
import OrderedJSON

/// A link from a container on the default bridge to another one there (`--link db:store`), where no name server answers:
/// the other's name and address are in its `/etc/hosts`, what the other offers is in its environment.
struct ContainerLink: Sendable, Codable, Equatable {
    /// The other container's identity, which outlives its name.
    var target: String
    /// What this container calls it.
    var alias: String

    /// Reads `NAME`, `NAME:ALIAS`, or `/NAME:/OWN/ALIAS` as the API gives it back.
    /// - Throws: ``EngineFailure`` with Docker's text.
    static func parse(_ text: String) throws -> (name: String, alias: String) {
        guard !text.isEmpty else { throw EngineFailure.invalid("empty string specified for links") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { throw EngineFailure.invalid("bad format for links: \(text)") }
        let name = parts[0].hasPrefix("/") ? String(parts[0].dropFirst()) : parts[0]
        guard parts.count == 2 else { return (name, name) }
        return (name, parts[0].hasPrefix("/") ? String(parts[1].split(separator: "/").last ?? "") : parts[1])
    }

    /// The variables that a linked container's address and ports, and its own environment, become.
    ///
    /// - Parameter name: The linking container's name.
    func environment(from name: String, to address: IPAddress, config: JSONObject) -> [String] {
        let prefix = alias.uppercased().replacing("-", with: "_")
        let ports = (config["ExposedPorts"]?.object?.names ?? []).compactMap(ExposedPort.init).sorted()
        var variables: [String] = []
        if let first = ports.min(by: { $0.number < $1.number }) {
            variables.append("\(prefix)_PORT=\(first.transport)://\(address):\(first.number)")
        }
        var index = 0
        while index < ports.count {
            let port = ports[index]
            let start = "\(prefix)_PORT_\(port.number)_\(port.transport.uppercased())"
            let last = Self.lastInRow(ports, from: index)
            // Three and more in a row are told as one, by the first and the last.
            if last > index + 1 {
                variables += [
                    "\(start)_START=\(port.transport)://\(address):\(port.number)", "\(start)_ADDR=\(address)",
                    "\(start)_PROTO=\(port.transport)", "\(start)_PORT_START=\(port.number)",
                    "\(start)_END=\(ports[last].transport)://\(address):\(ports[last].number)",
                    "\(start)_PORT_END=\(ports[last].number)",
                ]
                index = last + 1
                continue
            }
            variables += [
                "\(start)=\(port.transport)://\(address):\(port.number)", "\(start)_ADDR=\(address)",
                "\(start)_PORT=\(port.number)", "\(start)_PROTO=\(port.transport)",
            ]
            index += 1
        }
        variables.append("\(prefix)_NAME=/\(name)/\(alias)")
        for variable in config.strings("Env") {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] != "HOME", parts[0] != "PATH" {
                variables.append("\(prefix)_ENV_\(variable)")
            }
        }
        return variables
    }

    private static func lastInRow(_ ports: [ExposedPort], from index: Int) -> Int {
        var last = index
        while last + 1 < ports.count, Int(ports[last + 1].number) <= Int(ports[last].number) + 1 { last += 1 }
        return last
    }

    /// A port as `EXPOSE` names it; TCP comes before UDP at the same number.
    private struct ExposedPort: Comparable {
        let number: UInt16
        let transport: String

        init?(_ text: String) {
            let parts = text.split(separator: "/").map(String.init)
            guard let number = parts.first.flatMap({ UInt16($0) }) else { return nil }
            self.number = number
            transport = parts.count > 1 ? parts[1] : "tcp"
        }

        static func < (left: ExposedPort, right: ExposedPort) -> Bool {
            (left.number, left.transport) < (right.number, right.transport)
        }
    }
}

extension Node {
    /// The links that a new container is to have on the default bridge; in networks of one's own a link is a name there.
    ///
    /// - Throws: ``EngineFailure`` with Docker's texts.
    func links(of host: JSONObject) throws -> [ContainerLink]? {
        let texts = host.strings("Links")
        if texts.isEmpty { return nil }
        let mode = host.text("NetworkMode")
        func conflict(_ kind: String) -> EngineFailure {
            EngineFailure.invalid(
                "conflicting options: \(kind) can't be used with links. This would result in undefined behavior")
        }
        if mode == "host" { throw conflict("host type networking") }
        if mode.hasPrefix("container:") { throw conflict("container type network") }
        guard ["default", "bridge"].contains(mode) else {
            for text in texts { _ = try ContainerLink.parse(text) }
            return nil
        }
        return try texts.map { text in
            let (name, alias) = try ContainerLink.parse(text)
            let target: Container
            do { target = try container(name) } catch let failure as EngineFailure {
                // Not 404: clients take that for a missing image.
                throw EngineFailure.invalid("could not get container for \(name): \(failure.message)")
            }
            if target.life.current.definition.hostObject.text("NetworkMode") == "host" {
                throw conflict("host type networking")
            }
            return ContainerLink(target: target.id, alias: alias)
        }
    }

    /// The containers that a container is linked to, with their addresses on the default bridge.
    ///
    /// - Parameter isStarting: Whether the container starts now: then all of them have to run. Later, one that does not
    ///   is left out.
    /// - Throws: ``EngineFailure`` with Docker's text for one that does not run or is in other networks.
    private func linked(_ container: Container, isStarting: Bool) throws
        -> [(link: ContainerLink, target: Container, address: IPAddress)]
    {
        let links = container.life.current.definition.links ?? []
        return try links.compactMap { link in
            // A link goes with the container it leads to.
            guard let target = containers.current.byID[link.target] else { return nil }
            guard let running = target.life.current.running else {
                guard isStarting else { return nil }
                throw EngineFailure.invalid(
                    "Cannot link to a non running container: /\(target.name) AS /\(container.name)/\(link.alias)")
            }
            guard let endpoint = running.endpoints.first(where: { $0.networkID == defaultBridge.id }) else {
                guard isStarting else { return nil }
                throw EngineFailure.invalid(
                    "Cannot link to /\(target.name), as it does not belong to the default network")
            }
            return (link, target, endpoint.address.address)
        }
    }

    /// What links add to a container's environment.
    func linkEnvironment(of container: Container, isStarting: Bool) throws -> [String] {
        try linked(container, isStarting: isStarting).flatMap { link, target, address in
            link.environment(
                from: container.name, to: address, config: target.life.current.definition.configObject)
        }
    }

    /// What links add to a container's `/etc/hosts`: the alias, the host name, and the name where it is another.
    func linkedHosts(of container: Container, isStarting: Bool) throws -> [String] {
        try linked(container, isStarting: isStarting).map { link, target, address in
            var names = [link.alias, target.life.current.definition.configObject.text("Hostname")]
            if target.name != link.alias { names.append(target.name) }
            return "\(address)\t\(names.joined(separator: " "))"
        }
    }

    /// Tells the running containers that are linked to a container its new address.
    func tellLinked(to container: Container) throws {
        for other in containers.current.byID.values where other.life.current.running != nil {
            let links = other.life.current.definition.links ?? []
            if links.contains(where: { $0.target == container.id }) { try rewriteHosts(of: other) }
        }
    }

    /// Removes a link (API: ContainerDelete with `link`): the containers stay.
    ///
    /// - Parameter reference: `CONTAINER/ALIAS`
    /// - Throws: ``EngineFailure`` 404 with Docker's text.
    public func removeLink(_ reference: String) throws {
        let (owner, link) = try self.link(reference)
        do { try owner.change { $0.links = $0.links?.filter { $0 != link } } } catch {
            throw EngineFailure(wrapping: error, doing: "removing link \(reference)")
        }
        if owner.life.current.running != nil { try rewriteHosts(of: owner) }
    }

    private func link(_ reference: String) throws -> (owner: Container, link: ContainerLink) {
        let parts = reference.split(separator: "/").map(String.init)
        let table = containers.current
        guard parts.count == 2, let owner = table.names[parts[0]].flatMap({ table.byID[$0] }),
            let link = owner.life.current.definition.links?.first(where: { $0.alias == parts[1] })
        else { throw EngineFailure.notFound("No such container: \(reference)") }
        return (owner, link)
    }

    /// The names that containers have through links, `/web/store`, by identity.
    func linkNames() -> [String: [String]] {
        var names: [String: [String]] = [:]
        for container in containers.current.byID.values {
            for link in container.life.current.definition.links ?? [] {
                names[link.target, default: []].append("/\(container.name)/\(link.alias)")
            }
        }
        return names
    }

    /// `HostConfig.Links` as `inspect` shows it: `/db:/web/store`.
    func shownLinks(_ definition: Container.Definition) -> JSON? {
        guard let links = definition.links else { return nil }
        let names = containers.current.byID
        return .strings(
            links.compactMap { link in
                names[link.target].map { "/\($0.name):/\(definition.name)/\(link.alias)" }
            })
    }
}
