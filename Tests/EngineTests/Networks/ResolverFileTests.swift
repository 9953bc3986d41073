import Glibc
import OrderedJSON
import Posix
import Testing

@testable import Engine

@Suite struct ResolverFileTests {
    /// What a container gets on a machine with these files.
    private static func text(
        machine: String, behindStub: String? = nil, host: JSONObject = [:], isEmbedded: Bool = false
    ) throws -> String {
        let directory = "/tmp/engine-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(directory)
        // What can't be removed is left to the machine's own tidying of /tmp.
        defer { try? Files.removeTree(directory) }
        try Files.replace("\(directory)/machine", with: Array(machine.utf8))
        if let behindStub { try Files.replace("\(directory)/behind", with: Array(behindStub.utf8)) }
        return try ResolverFile(
            machine: "\(directory)/machine", behindStub: "\(directory)/behind", host: host, isEmbedded: isEmbedded
        )
        .text
    }

    @Test func serversOfTheMachineAloneAreLeftOut() throws {
        let machine = "# a comment\nsearch lab.test\nnameserver 127.0.0.1\nnameserver 192.0.2.53\noptions edns0\n"
        #expect(try Self.text(machine: machine) == "search lab.test\nnameserver 192.0.2.53\noptions edns0\n")
    }

    @Test func behindSystemdsStubItsOwnServersCount() throws {
        let behind = "nameserver 192.0.2.1\nsearch there.test\n"
        let stub = "nameserver 127.0.0.53\noptions edns0 trust-ad\n"
        #expect(try Self.text(machine: stub, behindStub: behind) == "search there.test\nnameserver 192.0.2.1\n")
        // Whoever names another server beside it means that one.
        #expect(
            try Self.text(machine: stub + "nameserver 192.0.2.2\n", behindStub: behind)
                == "nameserver 192.0.2.2\noptions edns0 trust-ad\n")
        #expect(try Self.text(machine: stub) == "options edns0 trust-ad\n")
    }

    @Test func whatTheContainerWasGivenCountsFirst() throws {
        let machine = "search lab.test\nnameserver 192.0.2.53\noptions edns0\n"
        let host: JSONObject = ["Dns": ["192.0.2.9"], "DnsSearch": ["."], "DnsOptions": ["use-vc"]]
        #expect(try Self.text(machine: machine, host: host) == "nameserver 192.0.2.9\noptions use-vc\n")
    }

    @Test func onANetworkOfOnesOwnTheEngineAnswers() throws {
        #expect(
            try Self.text(machine: "nameserver 192.0.2.53\n", isEmbedded: true)
                == "nameserver 127.0.0.11\noptions ndots:0\n")
        #expect(
            try Self.text(machine: "options ndots:2\n", isEmbedded: true) == "nameserver 127.0.0.11\noptions ndots:2\n")
    }
}
