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
}
