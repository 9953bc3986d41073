import Glibc
import OCI
import Posix
import Testing

@testable import Registry

@Suite("Addresses and settings of registries")
struct AddressTests {
    @Test(
        "An address is taken apart and put together again",
        arguments: [
            ("http://localhost:5000", "http", "localhost", 5000, "/", true),
            ("https://registry.example/v2/?a=b#c", "https", "registry.example", 443, "/v2/?a=b", false),
            ("http://[::1]:80/x", "http", "::1", 80, "/x", true),
            ("https://127.0.0.1", "https", "127.0.0.1", 443, "/", true),
            ("https://127.0.0.1.evil.example", "https", "127.0.0.1.evil.example", 443, "/", false),
        ])
    func parts(text: String, scheme: String, host: String, port: Int, target: String, isLoopback: Bool) throws {
        let url = try #require(RegistryURL(text))
        #expect(url.scheme.rawValue == scheme && url.host == host && Int(url.port) == port && url.target == target)
        #expect(url.isLoopback == isLoopback)
        #expect(RegistryURL(url.description) == url)
    }

    @Test(
        "What is no address is refused",
        arguments: ["", "ftp://x", "http://", "http://a:99999", "http://u@h/", "http://h/a b"])
    func refused(text: String) { #expect(RegistryURL(text) == nil) }

    @Test("A place is found from where it was named")
    func resolved() throws {
        let url = try #require(RegistryURL("http://localhost:5000/v2/x"))
        #expect(url.resolved("/v2/y?z=1")?.description == "http://localhost:5000/v2/y?z=1")
        #expect(url.resolved("https://other.example/b")?.host == "other.example")
        #expect(url.resolved("//other.example/b")?.scheme == .http)
        #expect(url.resolved("relative") == nil)
    }

    @Test("A challenge is read with quotes, commas and several schemes in it")
    func challenges() throws {
        let text =
            #"Bearer realm="https://auth.example/token",service="a, b",scope="repository:x:pull,push", Basic realm="q\"x""#
        let found = AuthenticationChallenge.parse(text)
        #expect(found.map(\.scheme) == ["bearer", "basic"])
        let bearer = try #require(found.first)
        #expect(bearer.parameters["realm"] == "https://auth.example/token")
        #expect(bearer.parameters["service"] == "a, b")
        #expect(bearer.parameters["scope"] == "repository:x:pull,push")
        #expect(found.last?.parameters["realm"] == "q\"x")
        #expect(AuthenticationChallenge.parse("").isEmpty)
    }

    @Test("daemon.json says who is insecure and who mirrors, and is refused where it says something else")
    func settings() throws {
        let file = "/tmp/drydock-daemon-\(getpid())-\(UInt32.random(in: 0 ... .max)).json"
        defer { unlink(file) }
        var settings = RegistrySettings(isLoopbackOnly: true)
        try settings.read(file)
        #expect(settings.insecure.isEmpty)
        func write(_ text: String) throws { try Files.replace(file, with: Array(text.utf8), durable: false) }
        try write(#"{"insecure-registries": ["a.example:5000"], "registry-mirrors": ["http://10.0.0.1:5000"]}"#)
        try settings.read(file)
        #expect(settings.isInsecure(try #require(RegistryURL("https://a.example:5000"))))
        #expect(settings.isInsecure(try #require(RegistryURL("http://10.0.0.1:5000/v2/"))))
        #expect(!settings.isInsecure(try #require(RegistryURL("https://b.example"))))
        #expect(settings.unpackLimit == .standard)
        try write(#"{"max-unpack-ratio": 1000}"#)
        try settings.read(file)
        #expect(settings.unpackLimit.ratio == 1000)
        for wrong in [
            #"{"max-unpack-ratio": "x"}"#, #"{"max-unpack-ratio": -1}"#, "{", "[]", #"{"registry-mirrors": "x"}"#,
            #"{"registry-mirrors": ["x"]}"#, #"{"data-root": "/x"}"#,
        ] {
            try write(wrong)
            var copy = settings
            #expect(throws: OCIError.self, "\(wrong)") { try copy.read(file) }
        }
    }

    @Test("With no uplink nothing but this machine is contacted, and without TLS nobody else")
    func forbidden() throws {
        let alone = Registries(RegistrySettings(isLoopbackOnly: true))
        #expect(throws: RegistryFailure.forbidden(registry: "registry-1.docker.io")) {
            try alone.client(for: "docker.io").connect()
        }
        // Documentation addresses (RFC 5737) would be refused before they are tried.
        #expect(throws: RegistryFailure.self) {
            try Registries(RegistrySettings(isLoopbackOnly: true)).client(for: "192.0.2.1:5000").connect()
        }
        let file = try Descriptor.open("/dev/null", O_WRONLY)
        #expect(throws: RegistryFailure.forbidden(registry: "192.0.2.1")) {
            try alone.fetchFile(try #require(RegistryURL("http://192.0.2.1/")), into: file) { _, _ in }
        }
    }

    @Test("Base64 is read and written as RFC 4648 has it")
    func base64() {
        let vectors = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (plain, text) in vectors {
            #expect(Base64.encode(Array(plain.utf8)) == text)
            #expect(Base64.decode(text) == Array(plain.utf8))
        }
        #expect(Base64.decode("-_-_") == Base64.decode("+/+/"))
        #expect(Base64.decode("Zg") == Array("f".utf8))
        #expect(Base64.decode("Z") == nil && Base64.decode("Z*==") == nil)
    }
}
