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
        #expect(inventory.summary(in: .en) == "1 node, 1 tag in the registry")
        inventory.images = ["sha256:1", "shop:1", "shop:2"]
        #expect(inventory.summary(in: .ko) == "이미지 1개, 노드 1개, 저장소(Registry)의 태그 1개")
        inventory.images = ["shop:1", "shop:2"]
        #expect(inventory.summary(in: .en) == "2 names of images, 1 node, 1 tag in the registry")
        inventory.images = []
        inventory.pushed.insert("team/shop:2")
        #expect(inventory.summary(in: .en) == "1 node, 2 tags in the registry")
    }
}
