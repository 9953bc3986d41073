import EngineAPI
import Glibc
import Kernel
import OCI
import OrderedJSON
import Posix

extension Node {
    /// Everything about a container, as `docker inspect` shows it (API: ContainerInspect).
    ///
    /// - Parameter tellsNames: Whether names in networks are told apart, as from API 1.45 on.
    public func inspectContainer(_ reference: String, withSize: Bool, tellsNames: Bool = false) throws -> JSON {
        let container = try self.container(reference)
        let life = container.life.current
        let definition = life.definition
        let directory = container.directory
        var object: JSONObject = [
            "Id": .string(container.id), "Created": .string(Timestamp.text(definition.created)),
            "Path": .string(definition.path), "Args": .strings(definition.arguments), "State": life.state.json,
            "Image": .string(definition.image),
            "ResolvConfPath": .string(life.state.startedAt == 0 ? "" : "\(directory)/resolv.conf"),
            "HostnamePath": .string(life.state.startedAt == 0 ? "" : "\(directory)/hostname"),
            "HostsPath": .string(life.state.startedAt == 0 ? "" : "\(directory)/hosts"),
            // As with Docker, only one driver tells where its file is.
            "LogPath": .string(
                life.state.startedAt == 0 || container.logForm == .local ? "" : container.logPath),
            "Name": .string("/" + definition.name),
            "RestartCount": .integer(Int64(life.state.restartCount)), "Driver": "overlay2", "Platform": "linux",
            "MountLabel": "", "ProcessLabel": "", "AppArmorProfile": "",
            "ExecIDs": life.execs.isEmpty ? .null : .strings(life.execs), "HostConfig": shownHostConfig(definition),
            "GraphDriver": [
                "Data": [
                    "LowerDir": .string(([initLayer] + definition.layers).joined(separator: ":")),
                    "MergedDir": .string("\(directory)/rootfs"), "UpperDir": .string(container.upper),
                    "WorkDir": .string(container.work),
                ],
                "Name": "overlay2",
            ],
        ]
        if withSize {
            let sizes = try sizes(of: container)
            object["SizeRw"] = .integer(sizes.writable)
            object["SizeRootFs"] = .integer(sizes.root)
        }
        object["Mounts"] = shownMounts(definition)
        object["Config"] = shownConfig(definition)
        object["NetworkSettings"] = networkSettings(of: container, life, tellsNames: tellsNames)
        return .object(object)
    }

    private func shownHostConfig(_ definition: Container.Definition) -> JSON {
        var host = definition.hostObject
        if let links = shownLinks(definition) { host["Links"] = links }
        return .object(host)
    }

    /// `Config` in Docker's order: the optional members have their places among the others.
    private func shownConfig(_ definition: Container.Definition) -> JSON {
        let config = definition.configObject
        let order = [
            "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty",
            "OpenStdin", "StdinOnce", "Env", "Cmd", "Healthcheck", "ArgsEscaped", "Image", "Volumes", "WorkingDir",
            "Entrypoint", "NetworkDisabled", "MacAddress", "OnBuild", "Labels", "StopSignal", "StopTimeout", "Shell",
        ]
        return .object(JSONObject(order.compactMap { name in config[name].map { (name, $0) } }))
    }

    /// `Mounts`, sorted by their places.
    func shownMounts(_ definition: Container.Definition) -> JSON {
        .array(definition.mountPoints.sorted { $0.target < $1.target }.map { $0.json(volumes: volumes) })
    }

    /// How much a container has written, and how much it has in all, bytes.
    func sizes(of container: Container) throws -> (writable: Int64, root: Int64) {
        let written = try DirectoryTree.size(of: container.upper)
        let image = (try? images.image(named: container.life.current.definition.image))?.size ?? 0
        return (written, written + image)
    }

    private func networkSettings(of container: Container, _ life: Container.Life, tellsNames: Bool) -> JSON {
        let endpoint = life.running?.endpoints.first { $0.network == "bridge" }
        let key = life.running.map { _ in "/proc/\(life.state.pid)/ns/net" } ?? ""
        let shown = endpoint.map { endpoint in
            (
                id: endpoint.id, gateway: "\(endpoint.gateway)", address: "\(endpoint.address.address)",
                length: Int64(endpoint.address.prefixLength), mac: "\(endpoint.mac)"
            )
        }
        return [
            "Bridge": "", "SandboxID": .string(life.running == nil ? "" : container.id), "HairpinMode": false,
            "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0, "Ports": .object(shownPorts(life)),
            "SandboxKey": .string(key), "SecondaryIPAddresses": .null, "SecondaryIPv6Addresses": .null,
            "EndpointID": .string(shown?.id ?? ""), "Gateway": .string(shown?.gateway ?? ""), "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0, "IPAddress": .string(shown?.address ?? ""),
            "IPPrefixLen": .integer(shown?.length ?? 0), "IPv6Gateway": "", "MacAddress": .string(shown?.mac ?? ""),
            "Networks": .object(shownNetworks(life, of: tellsNames ? container.id : nil)),
        ]
    }

}
