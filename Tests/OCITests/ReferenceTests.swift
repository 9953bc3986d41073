import Testing

@testable import OCI

private let hash = String(repeating: "0123456789abcdef", count: 4)

@Suite("Image references follow Docker's grammar")
struct ReferenceTests {
    @Test(
        "A name is brought into normal form and shown in the familiar one",
        arguments: [
            ("busybox", "docker.io/library/busybox", "busybox"),
            ("busybox:1.35", "docker.io/library/busybox:1.35", "busybox:1.35"),
            ("lab/web:1", "docker.io/lab/web:1", "lab/web:1"),
            ("docker.io/busybox", "docker.io/library/busybox", "busybox"),
            ("docker.io/library/busybox:x", "docker.io/library/busybox:x", "busybox:x"),
            ("index.docker.io/busybox", "docker.io/library/busybox", "busybox"),
            ("library/busybox", "docker.io/library/busybox", "busybox"),
            ("docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"),
            ("localhost/foo", "localhost/foo", "localhost/foo"),
            ("localhost:5000/foo:bar", "localhost:5000/foo:bar", "localhost:5000/foo:bar"),
            ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b"),
            ("[::1]:5000/foo", "[::1]:5000/foo", "[::1]:5000/foo"),
            ("[fc00::1]/foo:x", "[fc00::1]/foo:x", "[fc00::1]/foo:x"),
            ("Registry/foo", "Registry/foo", "Registry/foo"),
            ("gcr.io/a/b-c__d.e", "gcr.io/a/b-c__d.e", "gcr.io/a/b-c__d.e"),
            ("a--b/c-----d", "docker.io/a--b/c-----d", "a--b/c-----d"),
            ("foo:v1.0_x-y", "docker.io/library/foo:v1.0_x-y", "foo:v1.0_x-y"),
            ("foo@sha256:" + hash, "docker.io/library/foo@sha256:" + hash, "foo@sha256:" + hash),
            ("foo:t@sha256:" + hash, "docker.io/library/foo:t@sha256:" + hash, "foo:t@sha256:" + hash),
        ])
    func normalForm(text: String, full: String, familiar: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.description == full)
        #expect(reference.familiar == familiar)
        #expect(try ImageReference(full) == reference)
        #expect(try ImageReference(familiar) == reference)
    }

    @Test(
        "What is no name is refused in Docker's words",
        arguments: [
            ("", "invalid reference format"),
            ("Foo", "invalid reference format: repository name (library/Foo) must be lowercase"),
            ("lab/Web:1", "invalid reference format: repository name (lab/Web) must be lowercase"),
            ("foo:", "invalid reference format"),
            (":latest", "invalid reference format"),
            ("-foo", "invalid reference format"),
            ("foo-", "invalid reference format"),
            ("a___b", "invalid reference format"),
            ("a..b", "invalid reference format"),
            ("foo//bar", "invalid reference format"),
            ("foo/", "invalid reference format"),
            ("/foo", "invalid reference format"),
            ("foo bar", "invalid reference format"),
            ("https://github.com/docker/docker", "invalid reference format"),
            ("foo:-tag", "invalid reference format"),
            ("foo@sha256:abc", "invalid reference format"),
            ("foo@" + hash, "invalid reference format"),
            ("foo@md5:" + hash, "unsupported digest algorithm"),
            ("localhost:port/foo", "invalid reference format"),
            ("[::1/foo", "invalid reference format"),
            (hash, "invalid repository name (\(hash)), cannot specify 64-byte hexadecimal strings"),
            ("foo:" + String(repeating: "t", count: 129), "invalid reference format"),
            (String(repeating: "a", count: 256), "repository name must not be more than 255 characters"),
        ])
    func refusals(text: String, sentence: String) {
        #expect { try ImageReference(text) } throws: { ($0 as? OCIError)?.description == sentence }
    }

    @Test("Only a name without tag and digest gets the tag latest")
    func defaultTag() throws {
        #expect(try ImageReference("a").taggedByDefault.familiar == "a:latest")
        #expect(try ImageReference("a:1").taggedByDefault.familiar == "a:1")
        #expect(try ImageReference("a@sha256:" + hash).taggedByDefault.familiar == "a@sha256:" + hash)
    }

    @Test(
        "A digest is sha256 and 64 lower-case digits",
        arguments: [
            ("sha256:" + hash, nil), ("sha256:" + hash.uppercased(), "invalid checksum digest format"),
            ("sha256:abc", "invalid checksum digest length"), ("sha512:" + hash, "unsupported digest algorithm"),
            ("abc", "invalid checksum digest format"), (":abc", "invalid checksum digest format"),
        ] as [(String, String?)])
    func digests(text: String, problem: String?) throws {
        if let problem {
            #expect { try Digest(text) } throws: { ($0 as? OCIError)?.description == problem }
        } else {
            #expect(try Digest(text).description == text)
        }
    }

    @Test("SHA-256 of known texts (FIPS 180-4 examples)")
    func knownHashes() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Digest(of: Array("abc".utf8)).hexadecimal == abc)
        #expect(Digest(of: []).hexadecimal == empty)
    }
}
