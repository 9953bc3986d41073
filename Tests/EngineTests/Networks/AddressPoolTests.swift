import Kernel
import Testing

@testable import Engine

@Suite("Addresses of a network")
struct AddressPoolTests {
    private func pool(_ subnet: String, range: String? = nil, gateway: String) throws -> AddressPool {
        try AddressPool(
            subnet: #require(InterfaceAddress(subnet)), range: range.flatMap { InterfaceAddress($0) },
            gateway: #require(IPAddress(gateway)))
    }

    @Test("The lowest free address is given, and no address twice")
    func lowestFirst() throws {
        var pool = try pool("10.77.0.0/24", gateway: "10.77.0.1")
        #expect(try pool.lease(nil, for: "a") == InterfaceAddress("10.77.0.2/24"))
        #expect(try pool.lease(nil, for: "b") == InterfaceAddress("10.77.0.3/24"))
        pool.release("a")
        #expect(try pool.lease(nil, for: "c") == InterfaceAddress("10.77.0.2/24"))
        #expect(throws: AddressPool.Refusal.taken) { try pool.lease(IPAddress("10.77.0.3"), for: "d") }
        #expect(throws: AddressPool.Refusal.taken) { try pool.lease(IPAddress("10.77.0.1"), for: "d") }
        #expect(throws: AddressPool.Refusal.outside) { try pool.lease(IPAddress("10.78.0.1"), for: "d") }
        #expect(throws: AddressPool.Refusal.outside) { try pool.lease(IPAddress("10.77.0.255"), for: "d") }
    }

    @Test("A range limits what is given, not what may be asked for; a full one is exhausted")
    func rangeLimits() throws {
        var pool = try pool("10.77.0.0/24", range: "10.77.0.128/30", gateway: "10.77.0.254")
        for number in 128...131 {
            #expect(try pool.lease(nil, for: "\(number)") == InterfaceAddress("10.77.0.\(number)/24"))
        }
        #expect(throws: AddressPool.Refusal.exhausted) { try pool.lease(nil, for: "more") }
        #expect(try pool.lease(IPAddress("10.77.0.5"), for: "asked") == InterfaceAddress("10.77.0.5/24"))
    }

    @Test("A subnet is chosen that shares no address with those in use")
    func freeSubnet() throws {
        let used = ["172.17.0.0/16", "172.18.5.0/24"].compactMap { InterfaceAddress($0) }
        #expect(AddressPool.freeSubnet(avoiding: used) == InterfaceAddress("172.19.0.0/16"))
        #expect(AddressPool.freeSubnet(avoiding: [try #require(InterfaceAddress("0.0.0.0/0"))]) == nil)
    }

    @Test("IPv6 addresses are given like others; a subnet of the engine's own is a random unique local one")
    func addresses6() throws {
        var pool = try pool("fd77::/64", gateway: "fd77::1")
        #expect(try pool.lease(nil, for: "a") == InterfaceAddress("fd77::2/64"))
        #expect(throws: AddressPool.Refusal.outside) { try pool.lease(IPAddress("fd78::2"), for: "b") }
        #expect(throws: AddressPool.Refusal.outside) { try pool.lease(IPAddress("10.0.0.2"), for: "b") }
        let drawn = try #require(AddressPool.freeSubnet(avoiding: [], isIPv6: true))
        #expect(drawn.prefixLength == 64 && drawn.address.bytes[0] == 0xFD)
        #expect(drawn != AddressPool.freeSubnet(avoiding: [], isIPv6: true))
    }

    @Test(
        "Without a gateway the first address of the range is it, or the second of the subnet",
        arguments: [
            (nil, "10.77.0.1"), ("10.77.0.0/24", "10.77.0.1"), ("10.77.5.0/24", "10.77.5.0"),
        ])
    func gateway(range: String?, gateway: String) throws {
        let subnet = try #require(InterfaceAddress("10.77.0.0/16"))
        #expect(
            AddressPool.firstAddress(of: subnet, range: range.flatMap { InterfaceAddress($0) }) == IPAddress(gateway))
    }

    @Test("The uplink's network is one that nobody routes; its name fits the kernel and differs between nodes")
    func uplink() throws {
        #expect(Uplink.freeNetwork(avoiding: []) == InterfaceAddress("10.254.0.0/30"))
        let routed = ["10.254.0.0/24", "10.254.1.0/30"].compactMap { InterfaceAddress($0) }
        #expect(Uplink.freeNetwork(avoiding: routed) == InterfaceAddress("10.254.2.0/30"))
        #expect(
            Uplink.freeNetwork(avoiding: [try #require(InterfaceAddress("10.0.0.0/8"))])?.description.hasPrefix(
                "198.18.") == true)
        let names = ["/a/node1", "/a/node2", "/b/node1"].map(Uplink.linkName)
        #expect(Set(names).count == 3 && names.allSatisfy { $0.utf8.count <= 15 })
    }
}
