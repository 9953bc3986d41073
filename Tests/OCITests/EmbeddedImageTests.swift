import Glibc
import Posix
import Testing

@testable import OCI

@Suite("The embedded images are made here, alike every time")
struct EmbeddedImageTests {
    @Test("Made twice they have the same IDs, and making them again changes nothing")
    func reproducible() throws {
        let (one, two) = (try Lab(), try Lab())
        let names = try EmbeddedImages.install(into: one.store)
        try EmbeddedImages.install(into: two.store)
        #expect(Set(EmbeddedImages.names).isSubset(of: names.map(\.familiar)))
        #expect(names.contains { $0.familiar.hasPrefix("busybox:1.") })
        #expect(one.store.images().map(\.id) == two.store.images().map(\.id))
        #expect(try EmbeddedImages.install(into: one.store).isEmpty)
        #expect(one.store.images().allSatisfy { !$0.isUntagged })
    }

    @Test("busybox is laid out as Docker's is, and runs")
    func busybox() throws {
        let lab = try Lab()
        try EmbeddedImages.install(into: lab.store, only: ["busybox:latest"])
        let image = try lab.store.image(named: "busybox")
        #expect(image.config.config.cmd == ["sh"])
        let root = image.layers[0].path
        #expect(try status("\(root)/bin/sh").st_ino == status("\(root)/bin/busybox").st_ino)
        #expect(try mode("\(root)/tmp") & 0o7777 == 0o1777)
        #expect(try mode("\(root)/root") & 0o7777 == 0o700)
        #expect(try Files.text("\(root)/etc/passwd").hasPrefix("root:x:0:0:"))
        let program = try StaticProgram("busybox", package: "busybox-static")
        #expect(try program.output(of: ["--list"]).contains("httpd"))
    }

    @Test("hello-world is one small program that writes its text")
    func hello() throws {
        let lab = try Lab()
        try EmbeddedImages.install(into: lab.store, only: ["hello-world:latest"])
        let image = try lab.store.image(named: "hello-world")
        #expect(lab.store.images().count == 1)
        #expect(image.size < 2000)
        var program = try StaticProgram("busybox", package: "busybox-static")
        program.path = "\(image.layers[0].path)/hello"
        let text = try program.output(of: [])
        #expect(text == EmbeddedText.hello)
        #expect(text.contains("Drydock's own offline hello-world"))
    }

    @Test("lab/web without a tag is version 1, version 2 shares its base")
    func web() throws {
        let lab = try Lab()
        try EmbeddedImages.install(into: lab.store, only: ["lab/web:1", "lab/web:2"])
        let (one, two) = (try lab.store.image(named: "lab/web:1"), try lab.store.image(named: "lab/web:2"))
        #expect(try lab.store.image(named: "lab/web").id == one.id)
        #expect(one.layers.first == two.layers.first)
        #expect(one.layers.count >= 3)
        #expect(one.config.config.exposedPorts == ["80/tcp"])
        #expect(try Files.text("\(two.layers[2].path)/www/index.html").contains("version 2"))
    }

    @Test("The program of hello-world for AArch64 has the instructions it should")
    func armProgram() throws {
        let bytes = try #require(HelloProgram(text: "hi").executable(for: "arm64"))
        let words = stride(from: 120, to: 152, by: 4).map { offset in
            bytes[offset..<offset + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        // mov x0, #1; adr x1, .+28; mov x2, #2; mov x8, #64; svc #0; mov x0, #0; mov x8, #93; svc #0
        #expect(
            words == [
                0xD280_0020, 0x1000_00E1, 0xD280_0042, 0xD280_0808, 0xD400_0001, 0xD280_0000, 0xD280_0BA8, 0xD400_0001,
            ])
        #expect(HelloProgram(text: "hi").executable(for: "s390x") == nil)
    }
}
