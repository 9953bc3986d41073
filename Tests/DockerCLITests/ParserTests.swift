import Testing

@testable import DockerCLI

@Suite struct ParserTests {
    private static func parse(_ line: String) -> Result<ParsedCommand, UsageError> {
        Result {
            let words = line.split(separator: " ").map(String.init)
            let found = try CommandLookup.find(words)
            return try Parser.parse(found.rest, for: found.command, path: found.path)
        }.mapError { $0 as? UsageError ?? UsageError(message: "\($0)", command: Grammar.root, path: "", kind: .flag) }
    }

    @Test(
        arguments: [
            ("run --foo", "unknown flag: --foo"),
            ("run -y", "unknown shorthand flag: 'y' in -y"),
            ("run -ity busybox", "unknown shorthand flag: 'y' in -y"),
            ("run --name", "flag needs an argument: --name"),
            ("ps -n", "flag needs an argument: 'n' in -n"),
            ("ps -an", "flag needs an argument: 'n' in -n"),
            ("ps -a=", "unknown shorthand flag: '=' in -="),
            ("run --=x", "bad flag syntax: --=x"),
            ("ps ---x", "bad flag syntax: ---x"),
            ("run -m x busybox", #"invalid argument "x" for "-m, --memory" flag: invalid size: 'x'"#),
            (
                "run -m 1.2.3 b",
                #"invalid argument "1.2.3" for "-m, --memory" flag: strconv.ParseFloat: parsing "1.2.3": invalid syntax"#
            ),
            ("run -m 5zz b", #"invalid argument "5zz" for "-m, --memory" flag: invalid suffix: 'zz'"#),
            ("run --cpus x b", #"invalid argument "x" for "--cpus" flag: failed to parse x as a rational number"#),
            ("run --cpus 0.0000000001 b", #"invalid argument "0.0000000001" for "--cpus" flag: value is too precise"#),
            (
                "run --tty=maybe b",
                #"invalid argument "maybe" for "-t, --tty" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#
            ),
            (
                "ps --last=x",
                #"invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax"#
            ),
            (
                "run --blkio-weight=99999 b",
                #"invalid argument "99999" for "--blkio-weight" flag: strconv.ParseUint: parsing "99999": value out of range"#
            ),
            (
                "run --health-interval=x b",
                #"invalid argument "x" for "--health-interval" flag: time: invalid duration "x""#
            ),
            (
                "run --health-interval 1 b",
                #"invalid argument "1" for "--health-interval" flag: time: missing unit in duration "1""#
            ),
            (
                "ps -f foo",
                #"invalid argument "foo" for "-f, --filter" flag: bad format of filter (expected name=value)"#
            ),
            ("run -e =x b", #"invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x"#),
            (
                "run --add-host foo:bar b",
                #"invalid argument "foo:bar" for "--add-host" flag: invalid IP address in add-host: "bar""#
            ),
            (
                "run --ulimit nofile=5:3 b",
                #"invalid argument "nofile=5:3" for "--ulimit" flag: ulimit soft limit must be less than or equal to hard limit: 5 > 3"#
            ),
            (
                "run --mount type=bind,source=/x b",
                #"invalid argument "type=bind,source=/x" for "--mount" flag: target is required"#
            ),
            ("run --sysctl x b", #"invalid argument "x" for "--sysctl" flag: sysctl 'x' is not allowed"#),
            (
                "run -a foo b",
                #"invalid argument "foo" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR"#
            ),
        ] as [(String, String)])
    func mistakesAreToldInDockersWords(line: String, message: String) {
        guard case .failure(let error) = Self.parse(line) else {
            Issue.record("\(line) was understood")
            return
        }
        #expect(error.message == message)
    }

    @Test func flagsOfRunEndAtTheImage() throws {
        let parsed = try Self.parse("run -it --rm --name=box -e A=1 -eB=2 busybox ls -l --color").get()
        #expect(parsed.bool("interactive") && parsed.bool("tty") && parsed.bool("rm"))
        #expect(parsed.string("name") == "box")
        #expect(parsed.strings("env") == ["A=1", "B=2"])
        #expect(parsed.arguments == ["busybox", "ls", "-l", "--color"])
    }

    @Test func flagsOfOtherCommandsMayFollowArguments() throws {
        let parsed = try Self.parse("rm web -f db -- -x").get()
        #expect(parsed.bool("force"))
        #expect(parsed.arguments == ["web", "db", "-x"])
    }

    @Test func valuesStandInClustersOrAfterAnEqualsSign() throws {
        #expect(try Self.parse("logs -tn5 web").get().string("tail") == "5")
        #expect(try Self.parse("logs -n=5 web").get().string("tail") == "5")
        #expect(try Self.parse("run -m=64m b").get().bytes("memory") == 64 << 20)
        #expect(try Self.parse("run -it=false b").get().bool("tty") == false)
        #expect(try Self.parse("ps --all=false").get().bool("all") == false)
    }

    @Test func oldNamesStandForNewOnes() throws {
        let parsed = try Self.parse("stop --time 3 web").get()
        #expect(parsed.int("timeout") == 3)
        #expect(parsed.deprecated.first?.new == "timeout")
        #expect(try Self.parse("run --net host b").get().strings("network") == ["host"])
    }

    @Test func aliasesNameTheSameCommand() throws {
        for line in ["ps", "container ls", "container list", "container ps"] {
            #expect(try Self.parse(line).get().command.id == .containerLs)
        }
        #expect(try Self.parse("rmi x").get().command.id == .imageRm)
        #expect(try Self.parse("container remove x").get().command.id == .containerRm)
    }

    @Test(
        arguments: [
            ("run", 0, "requires at least 1 argument"), ("exec", 1, "requires at least 2 arguments"),
            ("ps", 1, "accepts no arguments"), ("tag", 1, "requires 2 arguments"),
            ("port", 3, "requires at least 1 and at most 2 arguments"), ("images", 2, "requires at most 1 argument"),
            ("network create", 0, "requires 1 argument"),
        ] as [(String, Int, String)])
    func countsOfArgumentsAreCheckedInDockersWords(words: String, count: Int, complaint: String) throws {
        let found = try CommandLookup.find(words.split(separator: " ").map(String.init))
        #expect(found.command.arguments.complaint(about: count) == complaint)
    }

    @Test func aGuessIsTheNearestName() {
        let names = Grammar.root.subcommands.map(\.name)
        #expect(Suggestions.nearest(to: "rum", in: names) == "run")
        #expect(Suggestions.nearest(to: "imgaes", in: names) == "images")
        #expect(Suggestions.nearest(to: "inspct", in: names) == "inspect")
        #expect(Suggestions.nearest(to: "xyzzy", in: names) == nil)
    }
}
