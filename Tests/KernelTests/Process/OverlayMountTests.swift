import Glibc
import Posix
import Testing

@testable import Kernel

@Suite(.enabled(if: canMakeContainers), .serialized)
struct OverlayMountTests {
    let container: ContainerFixture

    init() throws { container = try ContainerFixture() }

    private func layers(_ count: Int) throws -> [String] {
        try (0..<count).map { number in
            let path = "\(container.directory)/layers/\(String(repeating: "0123456789abcdef", count: 4))-\(number)"
            try Files.makeDirectories(path)
            try Files.replace("\(path)/layer", with: Array("\(number)".utf8), durable: false)
            try Files.replace("\(path)/only-\(number)", with: [], durable: false)
            return path
        }
    }

    private func entries(_ mount: DetachedMount) throws -> [String] {
        let number = try #require(mount.descriptor).number
        return try Files.list("/proc/self/fd/\(number)/.").map(\.name)
    }

    @Test(arguments: [2, 125, 250])
    func manyLayersAreStackedTopmostFirst(_ count: Int) throws {
        let mount = try OverlayMount.make(OverlayLayers(lower: try layers(count), upper: nil, work: nil))
        #expect(try entries(mount).count == count + 1)
        let number = try #require(mount.descriptor).number
        #expect(try Files.text("/proc/self/fd/\(number)/layer") == "0")
    }

    @Test(arguments: [2, 40, 125])
    func classicWayGivesTheSame(_ count: Int) throws {
        let layers = OverlayLayers(lower: try layers(count), upper: nil, work: nil)
        let mount = DetachedMount(descriptor: try ClassicOverlay.make(layers), layers: layers)
        #expect(try entries(mount).count == count + 1)
        #expect(try !Files.text("/proc/self/mountinfo").contains("drydock-overlay"))
    }

    @Test func oneLayerAloneIsShownReadOnly() throws {
        let layer = try layers(1)[0]
        let mount = try OverlayMount.make(OverlayLayers(lower: [layer], upper: nil, work: nil))
        #expect(try entries(mount) == ["layer", "only-0"])
        let number = try #require(mount.descriptor).number
        #expect(throws: SystemError.self) { try Descriptor.open("/proc/self/fd/\(number)/new", O_CREAT | O_WRONLY) }
    }

    @Test func volatileOverlayCanBeMountedAgain() throws {
        for _ in 0..<3 {
            let mount = try container.overlay()
            #expect(Files.exists("\(container.directory)/work/work/incompat/volatile"))
            #expect(try entries(mount).contains("bin"))
        }
    }

    @Test func missingLayerIsNamed() {
        let error = #expect(throws: SystemError.self) {
            try OverlayMount.make(OverlayLayers(lower: ["/no/such/layer", "/tmp"], upper: nil, work: nil))
        }
        #expect(error?.code == ENOENT)
        #expect(error?.description.contains("/no/such/layer") == true)
    }
}
