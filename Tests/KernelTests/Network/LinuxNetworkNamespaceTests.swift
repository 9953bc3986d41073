import FoundationEssentials
import Glibc
import Posix
import Testing

@testable import Kernel

/// What `ip -j` says, as far as it is compared.
private struct IPLink: Decodable {
    var ifindex: Int32, ifname: String, mtu: UInt32, operstate: String, flags: [String]
    var address: String?, master: String?, link_index: Int32?
    var linkinfo: Information?
    struct Information: Decodable { var info_kind: String? }
    var stats64: Statistics?
    struct Statistics: Decodable { var rx: Direction, tx: Direction }
    struct Direction: Decodable { var bytes: UInt64, packets: UInt64 }
}
private struct IPAddresses: Decodable {
    var ifindex: Int32
    var addr_info: [Entry]
    struct Entry: Decodable { var local: String, prefixlen: Int }
}
private struct IPRoute: Decodable { var dst: String, gateway: String?, dev: String }
private struct IPNeighbour: Decodable { var dst: String, dev: String, lladdr: String?, state: [String] }

private let isRoot = geteuid() == 0

@Suite("Network namespaces of the real kernel", .enabled(if: isRoot, "making network namespaces needs root"))
struct LinuxNetworkNamespaceTests {
    private func machine() throws -> LinuxNetworkNamespace {
        try LinuxNetworkNamespace(descriptor: try Descriptor.open("/proc/self/ns/net", O_RDONLY))
    }

    @Test func aNewNamespaceHasOnlyLoopbackAndItIsUp() throws {
        let namespace = try LinuxNetworkNamespace.make()
        let links = try namespace.links()
        #expect(links.map(\.name) == ["lo"])
        #expect(links.first?.isUp == true)
        #expect(try namespace.addresses().map(\.address.description) == ["127.0.0.1/8", "::1/128"])
        #expect(try machine().inode != namespace.inode)
    }

    @Test func theCallingThreadStaysWhereItIs() throws {
        let before = try Files.linkTarget("/proc/thread-self/ns/net")
        let namespace = try LinuxNetworkNamespace.make()
        _ = try namespace.links()
        #expect(throws: SystemError.self) { try namespace.deleteLink("absent") }
        #expect(throws: SystemError.self) { try namespace.inside { throw SystemError("inside", code: EIO) } }
        #expect(try Files.linkTarget("/proc/thread-self/ns/net") == before)
        #expect(try namespace.inside { try Files.linkTarget("/proc/thread-self/ns/net") } == "net:[\(namespace.inode)]")
    }

    @Test func vethIsAttachedUpHereAndDownInTheOtherNamespace() throws {
        let node = try LinuxNetworkNamespace.make()
        let box = try LinuxNetworkNamespace.make()
        let mac = try #require(MACAddress("02:42:ac:11:00:02"))
        try node.makeBridge("br0", mac: MACAddress("02:42:00:00:00:01"), mtu: 1400)
        try node.makeVeth(
            "veth1", bridge: "br0", peer: VethPeer(name: "eth0", namespace: box, mac: mac, mtu: 1400))
        let bridge = try #require(try node.link("br0"))
        let host = try #require(try node.link("veth1"))
        let peer = try #require(try box.link("eth0"))
        #expect(bridge.kind == "bridge" && bridge.isUp && bridge.mtu == 1400)
        #expect(bridge.mac?.description == "02:42:00:00:00:01")
        #expect(host.kind == "veth" && host.isUp && host.master == bridge.index && host.peerIndex == peer.index)
        #expect(host.operationalState != "up")
        #expect(peer.kind == "veth" && !peer.isUp && peer.mac == mac && peer.mtu == 1400)
        #expect(peer.peerIndex == host.index)
        try box.setLink("eth0", up: true)
        #expect(try box.link("eth0")?.isUp == true)
        #expect(try machine().link("veth1") == nil)
        try node.deleteLink("veth1")
        #expect(try node.link("veth1") == nil)
        #expect(try box.link("eth0") == nil)
    }

    @Test func packetsPassAndAreCounted() throws {
        let node = try LinuxNetworkNamespace.make()
        let box = try LinuxNetworkNamespace.make()
        try node.makeBridge("br0", mac: nil, mtu: nil)
        try node.addAddress(try #require(InterfaceAddress("172.17.0.1/16")), to: "br0")
        try node.makeVeth("veth1", bridge: "br0", peer: VethPeer(name: "eth0", namespace: box, mac: nil, mtu: nil))
        _ = try node.link("veth1")
        try box.addAddress(try #require(InterfaceAddress("172.17.0.2/16")), to: "eth0")
        try box.setLink("eth0", up: true)
        try box.addRoute(Route(destination: nil, gateway: IPAddress("172.17.0.1"), link: "eth0"))
        // A TCP connection to a closed port is refused at once when the way there works.
        let code = try box.inside { () throws -> Int32 in
            let number = try check("opening a socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
            let connection = Descriptor(owning: number)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(9).bigEndian
            inet_pton(AF_INET, "172.17.0.1", &address.sin_addr)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(connection.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return result == 0 ? 0 : errno
        }
        #expect(code == ECONNREFUSED)
        let counters = try #require(try box.link("eth0")).counters
        #expect(counters.sentPackets > 0 && counters.receivedPackets > 0 && counters.sentBytes > counters.sentPackets)
        let mac = try node.link("br0")?.mac
        #expect(try box.neighbours().contains { $0.address == IPAddress("172.17.0.1") && $0.mac == mac })
    }

    @Test func errorsNameTheObjectAndCarryTheKernelsCode() throws {
        let namespace = try LinuxNetworkNamespace.make()
        try namespace.makeBridge("br0", mac: nil, mtu: nil)
        func code(_ body: () throws -> Void) -> Int32? {
            do { try body() } catch { return (error as? SystemError)?.code }
            return nil
        }
        let address = try #require(InterfaceAddress("10.0.0.1/24"))
        #expect(code { try namespace.makeBridge("br0", mac: nil, mtu: nil) } == EEXIST)
        #expect(code { try namespace.deleteLink("absent") } == ENODEV)
        #expect(code { try namespace.setLink("absent", up: true) } == ENODEV)
        #expect(code { try namespace.addAddress(address, to: "absent") } == ENODEV)
        try namespace.addAddress(address, to: "br0")
        #expect(code { try namespace.addAddress(address, to: "br0") } == EEXIST)
        let unreachable = Route(destination: nil, gateway: IPAddress("10.99.0.1"), link: "br0")
        do {
            try namespace.addRoute(unreachable)
            Issue.record("a gateway that can't be reached was accepted")
        } catch {
            #expect(error.code == ENETUNREACH)
            #expect(error.operation == "adding route default via 10.99.0.1 dev br0 (Nexthop has invalid gateway)")
        }
    }

    @Test func parametersAreTheNamespacesOwn() throws {
        let first = try LinuxNetworkNamespace.make()
        let second = try LinuxNetworkNamespace.make()
        let before = try machine().parameter("ipv4/ip_unprivileged_port_start")
        try first.setParameter("ipv4/ip_unprivileged_port_start", "7")
        #expect(try first.parameter("ipv4/ip_unprivileged_port_start") == "7")
        #expect(try second.parameter("ipv4/ip_unprivileged_port_start") == "1024")
        #expect(try machine().parameter("ipv4/ip_unprivileged_port_start") == before)
        try first.setParameter("ipv4/ping_group_range", "0 2147483647")
        #expect(try first.parameter("ipv4/ping_group_range") == "0\t2147483647")
        #expect(throws: SystemError("opening /proc/sys/net/ipv4/absent", code: ENOENT)) {
            try first.setParameter("ipv4/absent", "1")
        }
        #expect(throws: SystemError.self) { try first.setParameter("../kernel/hostname", "x") }
    }

    @Test func nothingOfTheEngineKeepsANamespaceAlive() throws {
        let node = try LinuxNetworkNamespace.make()
        try node.makeBridge("br0", mac: nil, mtu: nil)
        var box: LinuxNetworkNamespace? = try LinuxNetworkNamespace.make()
        if let box {
            try node.makeVeth("veth1", bridge: "br0", peer: VethPeer(name: "eth0", namespace: box, mac: nil, mtu: nil))
            _ = try box.applyRules("add table ip t")
            _ = try box.links()
        }
        #expect(try node.link("veth1") != nil)
        box = nil
        // The kernel dismantles a namespace in its own time.
        var left = 500
        while try node.link("veth1") != nil, left > 0 {
            usleep(10_000)
            left -= 1
        }
        #expect(try node.link("veth1") == nil)
    }

    @Test func everyKindOfLinkIsAcceptedByTheKernel() throws {
        let namespace = try LinuxNetworkNamespace.make()
        try namespace.makeLink(
            NewLink(name: "br0", kind: .bridge(forwardDelay: 0, ageing: 30000, multicastSnooping: false)))
        let vxlan = LinkKind.vxlan(identifier: 4096, local: IPAddress("127.0.0.1"))
        try namespace.makeLink(NewLink(name: "vx0", kind: vxlan, mtu: 1450))
        let lower = try #require(try namespace.link("br0")).index
        try namespace.makeLink(NewLink(name: "mv0", kind: .macvlan(.bridge), lower: lower))
        #expect(try namespace.links().map { $0.kind ?? "" } == ["", "bridge", "vxlan", "macvlan"])
        let entry = Neighbour(
            linkIndex: try #require(try namespace.link("vx0")).index, address: IPAddress("10.9.0.2"),
            mac: MACAddress("02:42:0a:00:00:02"), isPermanent: true)
        try namespace.addNeighbour(entry, isForwardingEntry: true)
        #expect(try namespace.neighbours().contains(entry))
    }
}

@Suite("Rules in a network namespace", .enabled(if: isRoot, "making network namespaces needs root"))
struct FilterRulesTests {
    @Test func rulesAreListedAsTheKernelHasThem() throws {
        let namespace = try LinuxNetworkNamespace.make()
        #expect(
            try namespace.applyRules(
                """
                table ip drydock {
                    chain postrouting { type nat hook postrouting priority srcnat; ip saddr 172.17.0.0/16 masquerade; }
                }
                """) == "")
        let listed = try namespace.applyRules("list ruleset")
        #expect(listed.contains("ip saddr 172.17.0.0/16 masquerade"))
        #expect(try LinuxNetworkNamespace.make().applyRules("list ruleset") == "")
    }

    @Test func aRefusedCommandChangesNothingAndSaysWhy() throws {
        let namespace = try LinuxNetworkNamespace.make()
        do {
            _ = try namespace.applyRules("add table ip one\nadd rule ip absent c accept")
            Issue.record("a rule for an absent table was accepted")
        } catch {
            #expect(error.code == ENOENT)
            #expect(
                error.operation
                    == "applying nftables rules (Error: Could not process rule: No such file or directory)")
        }
        #expect(try namespace.applyRules("list ruleset") == "")
        #expect(throws: SystemError.self) { try namespace.applyRules("add tabel ip one") }
    }

    @Test func anOwnedTableLivesAsLongAsTheObject() throws {
        let namespace = try LinuxNetworkNamespace.make()
        let table = "table ip owned { flags owner; }"
        // A process that another test is making holds copies of all descriptors until it executes its program: so long
        // the socket stays open that owns the table.
        func becomesEmpty() throws -> Bool {
            for _ in 0..<1000 {
                if try namespace.applyRules("list tables") == "" { return true }
                usleep(10_000)
            }
            return false
        }
        _ = try namespace.applyRules(table)
        #expect(try becomesEmpty())
        var owner: LinuxNetworkNamespace? = try LinuxNetworkNamespace(descriptor: namespace.file, ownsRules: true)
        _ = try owner?.applyRules(table)
        #expect(try namespace.applyRules("list tables") == "table ip owned\n")
        owner = nil
        #expect(try becomesEmpty())
    }

    @Test func manyThreadsMayApplyRulesAtOnce() throws {
        let namespaces = try (0..<4).map { _ in try LinuxNetworkNamespace.make() }
        let threads = namespaces.map { namespace in
            BackgroundThread { (0..<20).allSatisfy { (try? namespace.applyRules("add table ip t\($0)")) != nil } }
        }
        for thread in threads { #expect(thread.join()) }
        for namespace in namespaces {
            #expect(try namespace.applyRules("list tables").split(separator: "\n").count == 20)
        }
    }
}

/// A thread that answers yes or no.
private final class BackgroundThread: @unchecked Sendable {
    private var thread = pthread_t()
    private let body: @Sendable () -> Bool
    private var result = false

    init(_ body: @escaping @Sendable () -> Bool) {
        self.body = body
        pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let this = Unmanaged<BackgroundThread>.fromOpaque(raw).takeRetainedValue()
                this.result = this.body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
    }

    func join() -> Bool {
        pthread_join(thread, nil)
        return result
    }
}

@Suite(
    "Beside iproute2",
    .enabled(if: isRoot && InstalledProgram("ip") != nil, "comparing with iproute2 needs root and ip installed"))
struct IPRoute2ComparisonTests {
    @Test func theKernelIsReadAsIPReadsIt() throws {
        let ip = try #require(InstalledProgram("ip"))
        let name = "drydock-test-\(getpid())"
        try #require(try ip.run(["netns", "add", name]).status == 0)
        defer { _ = try? ip.run(["netns", "del", name]) }
        let namespace = try LinuxNetworkNamespace(
            descriptor: try Descriptor.open("/run/netns/\(name)", O_RDONLY))
        let box = try LinuxNetworkNamespace.make()
        try namespace.setLink("lo", up: true)
        try namespace.makeBridge("br0", mac: MACAddress("02:42:01:02:03:04"), mtu: nil)
        try namespace.makeVeth(
            "veth1", bridge: "br0", peer: VethPeer(name: "eth0", namespace: box, mac: nil, mtu: 1400))
        try namespace.addAddress(try #require(InterfaceAddress("172.17.0.1/16")), to: "br0")
        try namespace.addAddress(try #require(InterfaceAddress("fd00:17::1/64")), to: "br0")
        try box.setLink("eth0", up: true)
        try namespace.addRoute(Route(destination: nil, gateway: IPAddress("172.17.0.9"), link: "br0"))
        try namespace.addRoute(Route(destination: InterfaceAddress("10.1.0.0/24"), gateway: nil, link: "br0"))
        try namespace.addRoute(
            Route(destination: InterfaceAddress("10.2.0.0/24"), gateway: IPAddress("172.17.0.8"), link: "br0"))
        try namespace.addRoute(
            Route(destination: InterfaceAddress("fd01::/64"), gateway: IPAddress("fd00:17::2"), link: "br0"))
        let bridge = try #require(try namespace.link("br0")).index
        try namespace.addNeighbour(
            Neighbour(
                linkIndex: bridge, address: IPAddress("172.17.0.9"), mac: MACAddress("02:42:ac:11:00:09"),
                isPermanent: true), isForwardingEntry: false)
        func json<Value: Decodable>(_ arguments: String...) throws -> [Value] {
            let output = try ip.run(["-n", name, "-j", "-d", "-s"] + arguments).output
            return try JSONDecoder().decode([Value].self, from: Data(output.utf8))
        }

        let links: [IPLink] = try json("link", "show", "up")
        let ours = try namespace.links()
        #expect(links.map(\.ifname) == ["lo", "br0", "veth1"])
        for (our, their) in zip(ours, links) {
            #expect(our.index == their.ifindex && our.name == their.ifname && our.mtu == their.mtu)
            #expect(our.kind == their.linkinfo?.info_kind)
            #expect(our.mac?.description == their.address)
            #expect(our.operationalState.uppercased() == their.operstate)
            #expect(our.isUp == their.flags.contains("UP"))
            #expect(ours.first { $0.index == our.master }?.name == their.master)
            if our.name != "lo" { #expect(our.peerIndex == their.link_index) }
            // Read a moment later.
            #expect(our.counters.receivedBytes >= their.stats64?.rx.bytes ?? 0)
        }

        let addresses: [IPAddresses] = try json("address", "show", "up")
        let theirs = addresses.flatMap { link in link.addr_info.map { "\(link.ifindex) \($0.local)/\($0.prefixlen)" } }
        // The kernel gives link-local addresses by itself, a moment after a link has come up: between the two readings.
        func isSettled(_ text: String) -> Bool { !text.contains("fe80:") }
        let ourAddresses = try namespace.addresses().map { "\($0.linkIndex) \($0.address)" }
        #expect(Set(ourAddresses.filter(isSettled)) == Set(theirs.filter(isSettled)))

        let routes: [IPRoute] = try json("-4", "route", "show") + json("-6", "route", "show")
        let theirRoutes = routes.map { "\($0.dst) \($0.gateway ?? "") \($0.dev)" }
        let ourRoutes = try namespace.routes().map { route in
            // ip leaves out the prefix of a single host.
            let text = route.destination.map {
                $0.prefixLength == $0.address.bytes.count * 8 ? "\($0.address)" : "\($0)"
            }
            return "\(text ?? "default") \(route.gateway?.description ?? "") \(route.link)"
        }
        #expect(theirRoutes.count >= 5)
        // The route to the link-local network comes with its address.
        func isOwn(_ text: String) -> Bool { !text.contains("fe80:") }
        #expect(Set(ourRoutes.filter(isOwn)) == Set(theirRoutes.filter(isOwn)))

        let neighbours: [IPNeighbour] = try json("neighbour", "show", "nud", "permanent")
        #expect(neighbours.map { "\($0.dst) \($0.lladdr ?? "") \($0.dev)" } == ["172.17.0.9 02:42:ac:11:00:09 br0"])
        let permanent = try namespace.neighbours().filter { $0.isPermanent && $0.address != nil }
        #expect(
            permanent.map { "\($0.address?.description ?? "") \($0.mac?.description ?? "")" }
                == ["172.17.0.9 02:42:ac:11:00:09"])
    }
}
