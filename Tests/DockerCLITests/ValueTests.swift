import OrderedJSON
import Testing

@testable import DockerCLI

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("64m", 67_108_864), ("1.5g", 1_610_612_736), ("512", 512), ("10b", 10), ("1 kb", 1024), ("2KiB", 2048),
            ("0", 0),
            ("1t", 1_099_511_627_776),
        ] as [(String, Int64)])
    func sizesAreReadInPowersOf1024(text: String, bytes: Int64) throws {
        #expect(try SizeText.parse(text) == bytes)
    }

    @Test(
        arguments: [
            (0.0, "0B"), (999, "999B"), (1000, "1kB"), (1_984_172, "1.98MB"), (123_456_789, "123MB"),
            (1_500_000_000, "1.5GB"),
        ] as [(Double, String)])
    func sizesAreWrittenWithThreeDigits(bytes: Double, text: String) {
        #expect(SizeText.human(bytes) == text)
    }

    @Test func sizesAreWrittenAsTheTablesOfSystemNeedThem() {
        #expect(SizeText.humanPrecise(1_984_172) == "1.984MB")
        #expect(SizeText.binary(25_276_063_744) == "23.54GiB")
        #expect(SizeText.binary(466_944) == "456KiB")
    }

    @Test(
        arguments: [
            (0.4, "Less than a second"), (1.0, "1 second"), (59, "59 seconds"), (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"), (3599, "59 minutes"), (3600, "About an hour"), (5400, "2 hours"),
            (47 * 3600, "47 hours"),
            (48 * 3600, "2 days"), (13 * 86400, "13 days"), (14 * 86400, "2 weeks"), (60 * 86400, "2 months"),
            (729 * 86400, "24 months"), (730 * 86400, "2 years"),
        ] as [(Double, String)])
    func agesAreWrittenForPeople(seconds: Double, text: String) {
        #expect(DurationText.human(seconds: seconds) == text)
    }

    @Test(
        arguments: [
            ("1h30m", 5_400_000_000_000, "1h30m0s"), ("1.5s", 1_500_000_000, "1.5s"), ("300ms", 300_000_000, "300ms"),
            ("0", 0, "0s"), ("-2m", -120_000_000_000, "-2m0s"), ("1us", 1000, "1µs"),
        ] as [(String, Int64, String)])
    func durationsAreGos(text: String, nanoseconds: Int64, shown: String) throws {
        #expect(try DurationText.parse(text) == nanoseconds)
        #expect(DurationText.text(nanoseconds) == shown)
    }

    @Test(
        arguments: [
            ("1.5", 1_500_000_000), (".5", 500_000_000), ("1e-1", 100_000_000), ("3/2", 1_500_000_000),
            ("2", 2_000_000_000),
            ("1e3", 1_000_000_000_000), ("0.000000001", 1),
        ] as [(String, Int64)])
    func cpusAreCountedInBillionths(text: String, nano: Int64) {
        #expect(CPUCount.parse(text).value == nano)
    }

    @Test(
        arguments: [
            ("80", ["//80/tcp"]), ("8080:80", ["/8080/80/tcp"]), ("127.0.0.1:8080:80/udp", ["127.0.0.1/8080/80/udp"]),
            ("127.0.0.1::80", ["127.0.0.1//80/tcp"]), ("[::1]:80:80", ["::1/80/80/tcp"]),
            ("8000-8001:80-81", ["/8000/80/tcp", "/8001/81/tcp"]), ("8000-8010:80", ["/8000-8010/80/tcp"]),
            ("target=80,published=8080,protocol=udp", ["/8080/80/udp"]), ("80/TCP", ["//80/tcp"]),
        ] as [(String, [String])])
    func publishedPortsHaveAllTheirForms(text: String, mappings: [String]) {
        let found = PortText.publish(text).value?.map { "\($0.hostAddress)/\($0.hostPort)/\($0.containerPort)" }
        #expect(found == mappings)
    }

    @Test(
        arguments: [
            ("abc", "invalid containerPort: abc"), ("99999:80", "invalid hostPort: 99999"),
            ("80/foo", "invalid proto: foo"),
            ("x:80:80", "invalid IP address: x"), ("80:", "no port specified: 80:<empty>"),
            ("", "no port specified: <empty>"),
            ("80-82:90-91", "invalid ranges specified for container and host Ports: 90-91 and 80-82"),
            ("80:80:80:80", "invalid IP address: 80:80"),
        ] as [(String, String)])
    func wrongPortsAreNamed(text: String, complaint: String) {
        #expect(PortText.publish(text).complaint == complaint)
    }

    @Test func mountsBecomeTheAPIsObjects() {
        #expect(
            MountText.parse("type=bind,src=/a,dst=/b,ro,bind-propagation=rslave").value?.text()
                == #"{"Type":"bind","Source":"/a","Target":"/b","ReadOnly":true,"BindOptions":{"Propagation":"rslave"}}"#
        )
        #expect(
            MountText.parse("type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777").value?.text()
                == #"{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":1048576,"Mode":1023}}"#)
        #expect(
            MountText.parse(#"source=v,target=/v,volume-nocopy,"volume-opt=o=a,b""#).value?.text()
                == #"{"Type":"volume","Source":"v","Target":"/v","VolumeOptions":{"NoCopy":true,"DriverConfig":{"Options":{"o":"a,b"}}}}"#
        )
    }

    @Test func volumesAreBindsOrAnonymous() {
        #expect(VolumeText.parse("/data").value == .anonymous("/data"))
        #expect(VolumeText.parse("v:/data:ro").value == .bind("v:/data:ro"))
        #expect(VolumeText.parse("x:/data").value == .anonymous("x:/data"), "a drive of Windows, to Docker's client")
        #expect(VolumeText.parse(":/x").complaint == "invalid spec: :/x: empty section between colons")
        #expect(VolumeText.parse("").complaint == "invalid empty volume spec")
    }

    @Test(
        arguments: [
            ("busybox", "busybox:latest"), ("a/b:1", "a/b:1"), ("localhost:5000/x", "localhost:5000/x:latest"),
            ("docker.io/library/busybox:2", "busybox:2"),
            (
                "reg.example.com/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "reg.example.com/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            ),
        ] as [(String, String)])
    func imageNamesAreMadeFamiliar(text: String, full: String) {
        #expect(ImageReference.parse(text).value?.full == full)
    }

    @Test func wrongImageNamesAreRefused() {
        #expect(
            ImageReference.parse("Foo").complaint
                == "invalid reference format: repository name (library/Foo) must be lowercase")
        for text in ["", "a:", ":1", "a b", "a//b", "-a"] {
            #expect(ImageReference.parse(text).complaint == "invalid reference format")
        }
    }

    @Test func momentsAreRead() {
        #expect(Timestamps.parse("2013-01-02T13:23:37Z")?.seconds == 1_357_133_017)
        #expect(
            Timestamps.parse("2013-01-02T13:23:37.5+09:00") == .init(seconds: 1_357_100_617, nanoseconds: 500_000_000))
        #expect(Timestamps.parse("yesterday") == nil)
    }

    @Test func detachKeysAreHeldBackUntilTheyAreSure() {
        #expect(DetachKeys.parse("ctrl-a,ctrl-[,x") == [1, 27, 120])
        #expect(DetachKeys.parse("ctrl-foo") == nil)
        var keys = DetachKeys()
        #expect(keys.filter([97, 16]).forward == [97])
        #expect(keys.filter([98]).forward == [16, 98])
        #expect(keys.filter([16, 16, 17]).isComplete)
    }

    @Test func framesAreTakenApartInPiecesOfAnySize() {
        let stream: [UInt8] = [
            1, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99, 2, 0, 0, 0, 0, 0, 0, 1, 33, 1, 0, 0, 0, 0, 0, 0, 1, 100,
        ]
        for size in 1...stream.count {
            var demultiplexer = StreamDemultiplexer()
            var texts: [UInt8: [UInt8]] = [:]
            for start in stride(from: 0, to: stream.count, by: size) {
                let isFine = demultiplexer.feed(stream[start..<min(start + size, stream.count)]) { stream, piece in
                    texts[stream.rawValue, default: []] += piece
                    return true
                }
                #expect(isFine)
            }
            #expect(texts == [1: [97, 98, 99, 100], 2: [33]])
        }
        var demultiplexer = StreamDemultiplexer()
        #expect(!demultiplexer.feed([9, 0, 0, 0, 0, 0, 0, 1]) { _, _ in true })
    }
}
