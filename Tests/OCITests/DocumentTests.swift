import OrderedJSON
import Testing

@testable import OCI

@Suite("Documents are read and written as Docker does")
struct DocumentTests {
    @Test(
        "Times are read in any zone and written as Go writes them",
        arguments: [
            ("2024-02-29T23:59:59.123456789Z", "2024-02-29T23:59:59.123456789Z"),
            ("2024-05-01T12:00:00.500+09:00", "2024-05-01T03:00:00.5Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("1969-12-31T23:30:00-01:00", "1970-01-01T00:30:00Z"), ("2000-03-01T00:00:00Z", "2000-03-01T00:00:00Z"),
        ])
    func times(text: String, normal: String) throws {
        #expect(try #require(ImageTime(text)).description == normal)
    }

    @Test(
        "What is no time is none",
        arguments: ["", "2024", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z"])
    func noTimes(text: String) { #expect(ImageTime(text) == nil) }

    private let full = """
        {"architecture":"amd64","config":{"Hostname":"h","Domainname":"","User":"1:2","AttachStdin":false,\
        "AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"53/udp":{},"80/tcp":{}},"Tty":false,\
        "OpenStdin":false,"StdinOnce":false,"Env":["A=b"],"Cmd":["sh","-c","a && b"],\
        "Healthcheck":{"Test":["CMD","true"],"Interval":5000000000,"Retries":3},"ArgsEscaped":true,"Image":"sha256:x",\
        "Volumes":{"/data":{}},"WorkingDir":"/w","Entrypoint":["/e"],"OnBuild":["RUN x"],"Labels":{"a":"1","b":"2"},\
        "StopSignal":"SIGINT","StopTimeout":3,"Shell":["/bin/bash","-c"],"Future":{"x":[1]}},"created":"2024-05-01T03:00:00.5Z",\
        "docker_version":"20.10.24","history":[{"created":"2024-05-01T03:00:00Z","created_by":"ADD x"},\
        {"created":"2024-05-01T03:00:00.5Z","author":"me","created_by":"CMD","comment":"c","empty_layer":true}],\
        "moby.future":[true,null,1.5],"os":"linux","rootfs":{"type":"layers",\
        "diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},"variant":"v2"}
        """

    @Test("A configuration written by Docker survives reading and writing byte for byte, unknown members included")
    func configurationRoundTrip() throws {
        let config = try ImageConfig(parsing: Array(full.utf8))
        #expect(config.config.exposedPorts == ["53/udp", "80/tcp"])
        #expect(config.config.healthcheck?.interval == 5_000_000_000)
        #expect(config.config.shell == ["/bin/bash", "-c"])
        #expect(config.history.map(\.emptyLayer) == [false, true])
        #expect(config.other["moby.future"] != nil)
        let written = String(decoding: config.bytes, as: UTF8.self)
        #expect(written == full.replacing("a && b", with: "a \\u0026\\u0026 b"))
    }

    @Test(
        "A document of the wrong shape is refused by the member's name",
        arguments: [
            (#"{}"#, "rootfs"), (#"{"rootfs":{"diff_ids":["x"]}}"#, "diff ID"),
            (#"{"rootfs":{},"created":"noon"}"#, "created"),
            (#"{"rootfs":{},"config":{"Cmd":"sh"}}"#, "Cmd"), (#"[]"#, "object"), (#"{"#, "JSON"),
        ])
    func wrongConfigurations(text: String, word: String) {
        #expect { try ImageConfig(parsing: Array(text.utf8)) } throws: { "\($0)".contains(word) }
    }

    @Test("A chain ID is the hash of the parent's chain ID and the diff ID (OCI image specification's example form)")
    func chainIDs() {
        let one = Digest(of: [1])
        let two = Digest(of: [2])
        #expect(Digest.chain([one, two]) == [one, Digest(of: Array("\(one) \(two)".utf8))])
    }

    @Test("A manifest survives reading and writing, and an index chooses by platform")
    func manifests() throws {
        let config = BlobDescriptor(mediaType: MediaType.ociConfig, digest: Digest(of: [1]), size: 1)
        let manifest = Manifest(config: config, layers: [config], annotations: ["a": "b"])
        #expect(try Manifest(parsing: manifest.bytes) == manifest)
        var arm = config
        arm.platform = Platform(os: "linux", architecture: "arm64", variant: "v8")
        var intel = config
        intel.platform = Platform(os: "linux", architecture: "amd64")
        let index = ImageIndex(manifests: [arm, intel])
        #expect(try ImageIndex(parsing: index.json.encoded()) == index)
        #expect(index.manifest(for: try Platform("linux/arm64")) == arm)
        #expect(index.manifest(for: try Platform("x86_64")) == intel)
        #expect(index.manifest(for: try Platform("linux/s390x")) == nil)
    }

    @Test("A manifest list of 10,000 entries is read and searched")
    func longIndex() throws {
        let entries = (0..<10_000).map { number in
            BlobDescriptor(
                mediaType: MediaType.ociManifest, digest: Digest(of: Array("\(number)".utf8)), size: 1,
                platform: Platform(os: "linux", architecture: "cpu\(number)"))
        }
        let index = try ImageIndex(parsing: ImageIndex(manifests: entries).json.encoded())
        #expect(index.manifests.count == 10_000)
        #expect(index.manifest(for: Platform(os: "linux", architecture: "cpu9999")) == entries[9999])
    }
}
