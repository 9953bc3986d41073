import Engine
import EngineServer
import HTTPMessages
import Testing

@Suite("Values of queries")
struct ValueTests {
    private func query(_ text: String) throws -> Query { try Query(parsing: text) }

    @Test(arguments: [
        ("a", false), ("a=", false), ("a=0", false), ("a=No", false), ("a=+false+", false), ("a=none", false),
        ("a=1", true), ("a=true", true), ("a=yes", true), ("a=x", true), ("b=1", false),
    ])
    func flagsAreTrueUnlessTheySayNo(_ text: String, _ value: Bool) throws {
        #expect(try query(text).flag("a") == value)
    }

    @Test func aMissingFlagMeansItsDefault() throws {
        #expect(try query("b=1").flag("a", default: true))
        #expect(try !query("a=0").flag("a", default: true))
    }

    @Test(arguments: [
        ("1136073600", 1_136_073_600_000_000_000), ("1136073600.000000001", 1_136_073_600_000_000_001),
        ("1.5", 1_500_000_000), ("1.0000000019", 1_000_000_001), ("0", 0),
        ("99999999999999", 9_000_000_000_000_000_000),
    ])
    func momentsAreSecondsWithAFraction(_ text: String, _ nanoseconds: Int64) throws {
        #expect(try query("since=\(text)").moment("since") == nanoseconds)
    }

    @Test(arguments: ["x", "1.", "1.x", ".5", "2026-01-01T00:00:00Z"])
    func otherMomentsAreRefused(_ text: String) throws {
        let query = try query("since=\(text)")
        #expect(throws: APIError.self) { try query.moment("since") }
    }

    @Test func numbersAreRefusedInGosWords() throws {
        let query = try query("t=abc&u=99999999999999999999&v=-5")
        #expect(throws: APIError(500, #"strconv.Atoi: parsing "abc": invalid syntax"#)) { try query.integer("t") }
        #expect(throws: APIError(500, #"strconv.Atoi: parsing "99999999999999999999": value out of range"#)) {
            try query.integer("u")
        }
        #expect(try query.integer("v") == -5)
        #expect(try query.integer("w") == nil)
    }

    @Test(arguments: [
        ("h=24&w=80", nil), ("h=24", #"strconv.Atoi: parsing "": invalid syntax"#),
        ("h=x&w=1", #"strconv.Atoi: parsing "x": invalid syntax"#),
        ("h=-1&w=1", #"strconv.Atoi: parsing "-1": value out of range"#),
        ("h=4294967296&w=1", #"strconv.Atoi: parsing "4294967296": value out of range"#),
    ])
    func aTerminalHasTwoSizes(_ text: String, _ problem: String?) throws {
        let query = try query(text)
        if let problem {
            #expect(throws: APIError(400, problem)) { try TerminalSize(query) }
        } else {
            #expect(try TerminalSize(query).height == 24)
            #expect(try TerminalSize(query).width == 80)
        }
    }

    @Test func filtersComeInTwoForms() throws {
        let new = try Filters(Query([("filters", #"{"label":["a=b","c"],"status":[]}"#)]))
        #expect(new["label"] == ["a=b", "c"])
        #expect(new.contains("status"))
        #expect(!new.contains("name"))
        let old = try Filters(Query([("filters", #"{"label":{"a=b":true,"c":false}}"#)]))
        #expect(old["label"] == ["a=b"])
        #expect(try Filters(Query([("filters", "")])) == Filters())
        #expect(try Filters(Query([])) == Filters())
    }

    @Test(arguments: [#"{"a":"b"}"#, "[]", "x", #"{"a":[1]}"#, #"{"a":{"b":1}}"#, "1"])
    func otherFiltersAreRefused(_ text: String) {
        #expect(throws: APIError(400, "invalid filter")) { try Filters(Query([("filters", text)])) }
    }

    @Test func unknownFiltersAreNamed() throws {
        let filters = try Filters(Query([("filters", #"{"label":["x"],"odd":["y"]}"#)]))
        #expect(throws: APIError(400, "invalid filter 'odd'")) { try filters.check(known: ["label"]) }
        try filters.check(known: ["label", "odd"])
    }

    @Test func aFilterMayBeABoolean() throws {
        func flag(_ values: String) throws -> Bool? {
            try Filters(Query([("filters", "{\"dangling\":\(values)}")])).flag("dangling")
        }
        #expect(try flag(#"["true"]"#) == true)
        #expect(try flag(#"["0"]"#) == false)
        #expect(try Filters().flag("dangling") == nil)
        #expect(throws: APIError(400, "invalid filter 'dangling=[x]'")) { try flag(#"["x"]"#) }
        #expect(throws: APIError(400, "invalid filter 'dangling'")) { try flag("[]") }
        #expect(throws: APIError.self) { try flag(#"["true","false"]"#) }
    }

    @Test func logsNeedAStream() throws {
        let nothing = try query("follow=1")
        #expect(throws: APIError(400, "Bad parameters: you must choose at least one stream")) {
            try LogsRequest(nothing)
        }
        let logs = try LogsRequest(query("stdout=1&tail=5&since=1.5&until=0&timestamps=1"))
        #expect(logs.standardOutput && !logs.standardError && logs.timestamps && !logs.follows)
        #expect(logs.tail == 5)
        #expect(logs.since == 1_500_000_000)
        #expect(logs.until == nil)
        #expect(try LogsRequest(query("stderr=1&tail=all")).tail == nil)
        #expect(try LogsRequest(query("stderr=1&tail=0")).tail == 0)
    }

    @Test func waitingHasItsConditions() throws {
        let query = try query("condition=removed")
        #expect(try Node.WaitCondition(query, version: "1.47") == .removed)
        #expect(try Node.WaitCondition(query, version: "1.29") == .notRunning)
        #expect(throws: APIError(400, #"invalid condition: "x""#)) {
            try Node.WaitCondition(Query([("condition", "x")]), version: "1.47")
        }
    }

    @Test(
        arguments: [
            ("ctrl-p,ctrl-q", [16, 17]), ("a", [97]), ("ctrl-A,B", [1, 66]),
            ("ctrl-@,ctrl-[,ctrl-\\,ctrl-_", [0, 27, 28, 31]),
        ] as [(String, [UInt8])])
    func detachKeysHaveNames(_ text: String, _ bytes: [UInt8]) throws {
        #expect(try AttachQuery(Query([("detachKeys", text)])).detachKeys == bytes)
    }

    @Test(arguments: ["ctrl-", "ctrl-1", "ab", "a,,b", "alt-x"])
    func otherDetachKeysAreRefused(_ text: String) {
        #expect(throws: APIError(400, "Invalid detach keys (\(text)) provided")) {
            try AttachQuery(Query([("detachKeys", text)]))
        }
    }

    @Test func stoppingKnowsSignalsFrom1_42On() throws {
        let query = try query("signal=SIGINT&t=-1")
        #expect(try StopQuery(query, version: "1.42").signal == "SIGINT")
        #expect(try StopQuery(query, version: "1.41").signal == nil)
        #expect(try StopQuery(query, version: "1.41").timeout == -1)
    }

    @Test func eventsRunForwards() throws {
        let query = try query("since=5&until=3")
        #expect(throws: APIError(400, "`since` time (5) cannot be after `until` time (3)")) { try EventsQuery(query) }
    }

    @Test func imagesArePulledOrImported() throws {
        #expect(
            try ImageCreateQuery(query("fromImage=busybox&tag=latest"), version: "1.47")
                == .pull(image: "busybox", tag: "latest", platform: nil))
        #expect(
            try ImageCreateQuery(query("fromSrc=-&repo=x&changes=A&changes=B&message=m"), version: "1.47")
                == .import(
                    source: "-", repository: "x", tag: nil, comment: "m", changes: ["A", "B"], platform: nil))
    }

    @Test func diskUsageIsOfKnownKinds() throws {
        let some = try DiskUsageQuery(query("type=image&type=volume"), version: "1.47")
        #expect(some.images && some.volumes && !some.containers && !some.buildCache)
        #expect(try DiskUsageQuery(query("type=image"), version: "1.41").containers)
        let odd = try query("type=odd")
        #expect(throws: APIError(400, "unknown object type: odd")) { try DiskUsageQuery(odd, version: "1.47") }
    }
}
