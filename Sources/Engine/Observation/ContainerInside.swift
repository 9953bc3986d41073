public import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix

extension Node {
    /// What a container is made of now: its processes from both sides, namespaces, cgroup, layers, mounts, networks.
    ///
    /// Everything about a running one is read from the kernel; nothing is repeated from what was asked for.
    /// - Throws: ``EngineFailure`` for a container that does not exist; a process that has ended meanwhile is left out.
    public func view(of reference: String) throws -> ContainerView {
        let container = try self.container(reference)
        let life = container.life.current
        var view = ContainerView(
            name: life.definition.name, id: container.id, image: life.definition.imageReference,
            status: life.state.status.rawValue)
        view.isSimulated = kernel.profile.kind == .simulated
        view.layers = life.definition.layers
        view.upper = container.upper
        do throws(SystemError) { view.upperEntries = try Files.list(container.upper).count } catch {
            // It is being removed: what is gone has no entries.
            guard error.code == ENOENT else { throw error }
        }
        guard let running = life.running else { return view }
        let pid = running.process.pid
        view.processes = try running.processes(kernel).compactMap(process)
        view.namespaces = NamespaceKind.allCases.compactMap { namespace($0, of: pid) }
        if kernel.profile.makesCgroups { view.cgroup = running.cgroup.path }
        let host = life.definition.hostObject
        var resources: [CgroupLimit.Resource] = [.memory, .cpuQuota, .pids]
        if host.number("CpuShares") != 0 { resources.append(.cpuShares) }
        if !host.text("CpusetCpus").isEmpty || !host.text("CpusetMems").isEmpty { resources.append(.cpuset) }
        view.limits = resources.flatMap { resource in
            running.cgroup.reading(of: resource).map { .init(file: $0.path, value: $0.value) }
        }
        let counted = try running.cgroup.statistics()
        view.counters = .init(
            memory: counted.memoryUsage, memoryLimit: counted.memoryLimit < Self.noLimit ? counted.memoryLimit : 0,
            processorTime: counted.cpuTotal, tasks: counted.pids, tasksLimit: counted.pidsLimit)
        view.mounts = mounts(of: pid)
        view.networks = running.endpoints.map(attachment)
        return view
    }

    /// Version 1 says "no limit" as the largest number of pages that fits, in bytes; nothing near it is a limit.
    private static let noLimit = UInt64(1) << 62

    private func process(_ pid: Int32) -> ContainerView.Process? {
        guard let facts = ProcessFacts(pid, kernel: kernel), let status = try? kernel.processFile(pid, "status") else {
            return nil
        }
        let numbers = status.split(separator: "\n").first { $0.hasPrefix("NSpid:") } ?? ""
        let inner = numbers.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) } ?? pid
        return .init(pid: pid, innerPid: inner, command: facts.commandLine)
    }

    private func namespace(_ kind: NamespaceKind, of pid: Int32) -> ContainerView.Namespace? {
        guard let link = try? kernel.processLink(pid, "ns/\(kind.rawValue)") else { return nil }
        var owner = ContainerView.Owner.own
        // The engine is in the machine's namespaces, but for its own mounts.
        if (try? kernel.processLink(getpid(), "ns/\(kind.rawValue)")) == link { owner = .machine }
        if kind == .network, link == "net:[\(namespace.inode)]" { owner = .node }
        return .init(kind: kind.rawValue, link: link, owner: owner)
    }

    private func mounts(of pid: Int32) -> [ContainerView.Mount] {
        let lines = (try? kernel.processFile(pid, "mountinfo"))?.split(separator: "\n") ?? []
        return lines.compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 2 < fields.count else { return nil }
            // A bind mount's own source is a path below the root of its file system (field 4).
            let isPart =
                fields[3] != "/" && !["proc", "sysfs", "tmpfs", "cgroup", "cgroup2"].contains(fields[dash + 1])
            return .init(
                target: String(fields[4]), type: String(fields[dash + 1]),
                source: String(isPart ? fields[3] : fields[dash + 2]), options: String(fields[5]))
        }
    }

    private func attachment(_ endpoint: Endpoint) -> ContainerView.Attachment {
        let ports = endpoint.ports.flatMap { port in
            port.shownAddresses.map { "\($0):\(port.hostPort) -> \(port.name)" }
        }
        return .init(
            network: endpoint.network, interface: endpoint.interface, address: "\(endpoint.address)",
            hostLink: endpoint.hostLink, bridge: endpoint.bridge,
            gateway: endpoint.hasDefaultRoute ? "\(endpoint.gateway)" : nil, ports: ports)
    }
}
