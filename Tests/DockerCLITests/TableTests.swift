import OrderedJSON
import Testing

@testable import DockerCLI

@Suite struct TableTests {
    @Test func columnsAreAsWideAsDockersTabwriterMakesThem() {
        let text = "DRIVER\tVOLUME NAME\nlocal\tv\n"
        #expect(TabWriter().align(text) == "DRIVER    VOLUME NAME\nlocal     v\n")
        #expect(
            TabWriter().align("REPOSITORY\tTAG\tIMAGE ID\nbusybox\tlatest\t29e1a9b728fb\n")
                == "REPOSITORY   TAG       IMAGE ID\nbusybox      latest    29e1a9b728fb\n")
    }

    @Test func neighbouringPortsAreDrawnTogether() {
        func port(_ inside: Int64, _ outside: Int64? = nil, _ address: String? = nil, _ type: String = "tcp") -> JSON {
            var object: JSONObject = ["PrivatePort": .integer(inside), "Type": .string(type)]
            if let outside { object["PublicPort"] = .integer(outside) }
            if let address { object["IP"] = .string(address) }
            return .object(object)
        }
        let ports = [
            port(53, 53, "0.0.0.0", "udp"), port(53, 53, "::", "udp"), port(80, 8080, "0.0.0.0"), port(80, 8080, "::"),
            port(9000, 9000, "127.0.0.1"), port(9001, 9001, "127.0.0.1"), port(9002, 9002, "127.0.0.1"), port(99),
        ]
        #expect(
            ContainerRows.ports(ports)
                == "0.0.0.0:53->53/udp, [::]:53->53/udp, 99/tcp, 127.0.0.1:9000-9002->9000-9002/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"
        )
    }

    private static let container: JSON = [
        "Id": "1fff1cbbaec920cb3241840d4f2bff278eec20054e96efa632b57a8a76cc798d", "Names": ["/web", "/db/web"],
        "Image": "busybox", "ImageID": "sha256:29e1a9b728fb", "Command": "sh -c 'echo a long command line'",
        "Created": 0,
        "Ports": [], "Labels": ["c": "d", "a": "b"], "State": "running", "Status": "Up 3 seconds", "Mounts": [],
        "NetworkSettings": ["Networks": ["bridge": [:]]],
    ]

    @Test func aRowOfContainersIsShortened() {
        let row = ContainerRows.row(Self.container, truncates: true)
        #expect(GoFormat.value(row["ID"] ?? .missing) == "1fff1cbbaec9")
        #expect(GoFormat.value(row["Names"] ?? .missing) == "web")
        #expect(GoFormat.value(row["Command"] ?? .missing) == "\"sh -c 'echo a long …\"")
        #expect(GoFormat.value(row["Labels"] ?? .missing) == "a=b,c=d")
    }

    @Test func aTableHasHeadingsThatFunctionsLeaveAlone() throws {
        let format = TableFormat(headings: ContainerRows.headings, table: "{{.ID}}")
        let rows = [ContainerRows.row(Self.container, truncates: true)]
        #expect(
            try format.text(#"table {{json .ID}} {{upper .Names}} {{.Label "com.x.foo_bar"}}"#, rows)
                == "CONTAINER ID NAMES foo bar\n\"1fff1cbbaec9\" WEB \n")
        #expect(try format.text(#"{{.ID}}\t{{.Names}}"#, rows) == "1fff1cbbaec9\tweb\n")
        #expect(try format.text("table", []) == "CONTAINER ID\n")
        #expect(throws: CommandFailure("template parsing error: template: :1: unclosed action")) {
            try format.text("{{", rows)
        }
    }

    @Test func rowsAreJSONWithSortedNamesAndGosEscapes() throws {
        let row = TemplateRow("*x", [("Ports", .string("80->80")), ("ID", .string("a")), ("Platform", .null)])
        let format = TableFormat(headings: [:], table: "")
        #expect(try format.text("json", [row]) == #"{"ID":"a","Platform":null,"Ports":"80-\u003e80"}"# + "\n")
    }

    @Test func wideCharactersTakeTwoColumns() {
        #expect(Truncation.ellipsis("컨테이너를 시작", width: 7) == "컨테이…")
        #expect(Truncation.ellipsis("abc", width: 3) == "abc")
        #expect(Truncation.ellipsis("abcd", width: 3) == "ab…")
    }

    @Test func theShareOfACPUIsComputedAsDockersClientDoes() {
        let sample: JSON = [
            "cpu_stats": ["cpu_usage": ["total_usage": 300], "system_cpu_usage": 2000, "online_cpus": 2],
            "precpu_stats": ["cpu_usage": ["total_usage": 100], "system_cpu_usage": 1000],
        ]
        #expect(StatsRows.cpu(sample) == 40)
        #expect(StatsRows.memory(["usage": 100, "stats": ["inactive_file": 30]]) == 70)
        #expect(StatsRows.memory(["usage": 100, "stats": ["total_inactive_file": 200]]) == 100)
    }
}
