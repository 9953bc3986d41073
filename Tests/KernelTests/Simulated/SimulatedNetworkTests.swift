import Glibc
import Posix
import Testing

@testable import Kernel

@Suite("The simulated kernel's networks")
struct SimulatedNetworkTests {
    private func code(_ body: () throws -> Void) -> Int32? {
        do { try body() } catch { return (error as? SystemError)?.code ?? -1 }
        return nil
    }

    /// Network namespaces of each kernel that can be had here.
    private func namespaces() throws -> [(name: String, node: any NetworkNamespace, box: any NetworkNamespace)] {
        let kernel = SimulatedKernel()
        var all: [(name: String, node: any NetworkNamespace, box: any NetworkNamespace)] = [
            ("simulated", try kernel.makeNetworkNamespace(), try kernel.makeNetworkNamespace())
        ]
        if geteuid() == 0 {
            all.append(("linux", try LinuxNetworkNamespace.make(), try LinuxNetworkNamespace.make()))
        } else {
            print("Not compared with the real kernel: making network namespaces needs root.")
        }
        return all
    }

    @Test func bothKernelsAgreeAboutALifeWithABridge() throws {
        var seen: [String: [String]] = [:]
        for (name, node, box) in try namespaces() {
            var lines: [String] = []
            func note(_ text: String) { lines.append(text) }
            // The model gives no link an IPv6 address by itself.
            func routes() throws -> [String] {
                try box.routes().filter { $0.destination?.address.isIPv6 != true }.map(\.description)
            }
            func tryOut(_ what: String, _ body: () throws -> Void) { note("\(what): \(code(body) ?? 0)") }
            let address = try #require(InterfaceAddress("172.17.0.1/16"))
            let inner = try #require(InterfaceAddress("172.17.0.2/16"))
            let gateway = Route(destination: nil, gateway: IPAddress("172.17.0.1"), link: "eth0")
            tryOut("bridge") { try node.makeBridge("br0", mac: MACAddress("02:42:00:00:00:01"), mtu: nil) }
            tryOut("same bridge") { try node.makeBridge("br0", mac: nil, mtu: nil) }
            tryOut("long name") { try node.makeBridge("abcdefghijklmnop", mac: nil, mtu: nil) }
            tryOut("empty name") { try node.makeBridge("a/b", mac: nil, mtu: nil) }
            tryOut("group address") { try node.makeBridge("br1", mac: MACAddress("03:00:00:00:00:00"), mtu: nil) }
            tryOut("address") { try node.addAddress(address, to: "br0") }
            tryOut("same address") { try node.addAddress(address, to: "br0") }
            tryOut("address of nothing") { try node.addAddress(address, to: "absent") }
            let peer = VethPeer(name: "eth0", namespace: box, mac: MACAddress("02:42:ac:11:00:02"), mtu: 1400)
            tryOut("veth on nothing") { try node.makeVeth("veth1", bridge: "absent", peer: peer) }
            tryOut("veth") { try node.makeVeth("veth1", bridge: "br0", peer: peer) }
            tryOut("same veth") { try node.makeVeth("veth1", bridge: "br0", peer: peer) }
            tryOut("same peer") { try node.makeVeth("veth2", bridge: "br0", peer: peer) }
            tryOut("route while down") { try box.addRoute(gateway) }
            tryOut("inner address") { try box.addAddress(inner, to: "eth0") }
            note("\(try routes())")
            tryOut("up") { try box.setLink("eth0", up: true) }
            tryOut("unreachable") {
                try box.addRoute(Route(destination: nil, gateway: IPAddress("10.0.0.1"), link: "eth0"))
            }
            tryOut("route") { try box.addRoute(gateway) }
            tryOut("same route") { try box.addRoute(gateway) }
            note("\(try routes())")
            note("\(try box.addresses().filter { !$0.address.address.isIPv6 }.map(\.address.description))")
            let link = try #require(try box.link("eth0"))
            note("\(link.name) \(link.mac?.description ?? "") \(link.mtu) \(link.isUp) \(link.kind ?? "")")
            let host = try #require(try node.link("veth1"))
            note("\(host.peerIndex == link.index) \(link.peerIndex == host.index) \(host.isUp)")
            note("\(host.master == (try node.link("br0"))?.index)")
            tryOut("down") { try box.setLink("eth0", up: false) }
            note("\(try routes())")
            tryOut("nothing up") { try box.setLink("absent", up: true) }
            tryOut("delete loopback") { try box.deleteLink("lo") }
            tryOut("delete") { try box.deleteLink("eth0") }
            note("\(try node.link("veth1") == nil) \(try node.links().map(\.name))")
            tryOut("delete nothing") { try box.deleteLink("eth0") }
            tryOut("parameter") { try box.setParameter("ipv4/ip_forward", "1") }
            note(try box.parameter("ipv4/ip_forward"))
            note(try box.parameter("ipv4/conf/all/forwarding"))
            note(try node.parameter("ipv4/ip_forward"))
            tryOut("no parameter") { try box.setParameter("ipv4/absent", "1") }
            tryOut("no number") { try box.setParameter("ipv4/ip_forward", "x") }
            seen[name] = lines
        }
        if let real = seen["linux"] { #expect(seen["simulated"] == real) }
        #expect(seen["simulated"]?.count == 37)
    }

    @Test func bothKernelsListRulesAlike() throws {
        var seen: [String: [String]] = [:]
        for (name, node, _) in try namespaces() {
            func apply(_ commands: String) -> String {
                do throws(SystemError) { return try node.applyRules(commands) } catch { return "error \(error.code)" }
            }
            seen[name] = [
                apply(
                    """
                    table ip drydock {
                        # A comment.
                        chain postrouting {
                            type nat hook postrouting priority srcnat; policy accept;
                            ip saddr 172.17.0.0/16 oifname != "docker0" masquerade
                        }
                    }
                    """),
                apply("list tables"), apply("add rule ip drydock postrouting counter accept; add table ip6 other"),
                apply("add rule ip absent postrouting accept"), apply("add table ip third\nadd chain ip absent c"),
                apply("list tables"), apply("create table ip drydock"), apply("frobnicate"),
                apply("delete table ip6 other"), apply("delete table ip6 other"), apply("list tables"),
                apply("flush ruleset"), apply("list ruleset"),
            ]
            seen[name]?.append(apply("table ip t { chain c { ip saddr 10.0.0.1 accept; } }"))
            seen[name]?.append(apply("table ip t { chain c { ip saddr 10.0.0.1 accept; }; }"))
            seen[name]?.append(apply("list ruleset"))
        }
        if let real = seen["linux"] { #expect(seen["simulated"] == real) }
        #expect(seen["simulated"]?[1] == "table ip drydock\n")
    }

    @Test func elementsOfMapsComeAndGo() throws {
        let namespace = try SimulatedKernel().makeNetworkNamespace()
        _ = try namespace.applyRules(
            """
            table ip t {
                map ports { type inet_service : ipv4_addr . inet_service; }
            }
            add element ip t ports { 8080 : 172.17.0.2 . 80, 8081 : 172.17.0.3 . 80 }
            """)
        #expect(
            try namespace.applyRules("list map ip t ports")
                == """
                table ip t {
                \tmap ports {
                \t\ttype inet_service : ipv4_addr . inet_service
                \t\telements = { 8080 : 172.17.0.2 . 80, 8081 : 172.17.0.3 . 80 }
                \t}
                }

                """)
        _ = try namespace.applyRules("delete element ip t ports { 8080 : 172.17.0.2 . 80 }")
        #expect(try !namespace.applyRules("list ruleset").contains("8080"))
        #expect(code { _ = try namespace.applyRules("delete element ip t ports { 9 : 1.1.1.1 . 1 }") } == ENOENT)
    }

    @Test func aNamespaceEndsWithItsLastHolderAndTakesThePeersAlong() throws {
        let kernel = SimulatedKernel()
        let node = try kernel.makeNetworkNamespace()
        var box: (any NetworkNamespace)? = try kernel.makeNetworkNamespace()
        if let box {
            try node.makeVeth("veth1", bridge: nil, peer: VethPeer(name: "eth0", namespace: box, mac: nil, mtu: nil))
            #expect(box.inode != node.inode)
        }
        #expect(try node.link("veth1") != nil)
        box = nil
        #expect(try node.link("veth1") == nil)
    }

    @Test func aFaultHappensOnceAndChangesNothing() throws {
        let kernel = SimulatedKernel()
        let node = try kernel.makeNetworkNamespace()
        kernel.failNext(operationNamed: "makeBridge", code: ENOMEM)
        #expect(throws: SystemError("making bridge br0", code: ENOMEM)) {
            try node.makeBridge("br0", mac: nil, mtu: nil)
        }
        #expect(try node.links().map(\.name) == ["lo"])
        try node.makeBridge("br0", mac: nil, mtu: nil)
        #expect(try node.link("br0")?.operationalState == "down")
    }

    @Test func nothingIsEverOpenedOnTheMachineInstead() throws {
        let node = try SimulatedKernel().makeNetworkNamespace()
        #expect(code { try node.inside {} } == EOPNOTSUPP)
    }
}
