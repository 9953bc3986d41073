import OrderedJSON
import Testing

@testable import Lessons

@Suite("What the engine has")
struct InventoryTests {
    @Test func whatWasKeptBeforeThereWereMoreKindsOfThingsIsRead() throws {
        let old = #"{"containers": {"a": true}, "networks": ["n"], "volumes": [], "images": ["busybox:latest"]}"#
        let inventory = try JSON(parsing: Array(old.utf8)).decode(Inventory.self, keys: .asDeclared)
        var expected = Inventory()
        expected.containers = ["a": true]
        expected.networks = ["n"]
        expected.images = ["busybox:latest"]
        #expect(inventory == expected)
    }

    @Test func whatIsKeptIsReadAsItWas() throws {
        var inventory = Inventory()
        inventory.nodes = ["node2"]
        inventory.pushed = ["team/shop:1"]
        let read = try JSON(encoding: inventory, keys: .asDeclared).decode(Inventory.self, keys: .asDeclared)
        #expect(read == inventory)
        #expect(inventory.summary == "1 node, 1 tag in the registry")
        inventory.pushed.insert("team/shop:2")
        #expect(inventory.summary == "1 node, 2 tags in the registry")
    }
}
