import OrderedJSON
import Testing

private struct Port: Codable, Equatable {
    var privatePort: Int
    var `type`: String
    var iP: String?
    enum CodingKeys: String, CodingKey {
        case privatePort, `type`
        case iP = "IP"
    }
}

private struct Shape: Codable, Equatable {
    var zebra: Int
    var apple: String?
    var labels: [String: String]
    var ports: [Port]
    var extra: JSON?
}

@Suite struct OrderedJSONTests {
    @Test func membersKeepTheOrderTheyWereWrittenIn() throws {
        let text = #"{"z":1,"a":[true,null,"x"],"m":{"b":2.5,"a":-3}}"#
        #expect(try JSON(parsing: text).text() == text)
    }

    @Test func settingAnExistingNameKeepsItsPlace() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        #expect(JSON.object(object).text() == #"{"a":3,"b":2}"#)
        object["a"] = nil
        #expect(object.names == ["b"])
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "tru", "\"\u{01}\"", "\"\\x\"", "[1] 2", "nul", "{a:1}", "-",
        "1e999",
        "\"abc", "[\"\\u12\"]",
    ])
    func whatIsNotJSONIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test func escapesAndSurrogatePairsAreOneCharacter() throws {
        #expect(try JSON(parsing: #""\ud83d\ude00\n\u00e9""#) == .string("😀\né"))
        #expect(try JSON(parsing: #""\ud83dx""#) == .string("\u{FFFD}x"))
    }

    @Test func goLayoutEscapesWhatGoEscapes() {
        #expect(JSON.string("<a&b>").text(.go) == #""\u003ca\u0026b\u003e""#)
        #expect(JSON.string("<a>").text() == "\"<a>\"")
    }

    @Test func onlyWhatMustBeEscapedIsEscaped() throws {
        let text = "a\u{2028}b\u{2029}c\u{2027}d\u{E2}é😀\u{1}\t\"\\/\u{7F}"
        #expect(JSON.string(text).text() == "\"a\u{2028}b\u{2029}c\u{2027}d\u{E2}é😀\\u0001\\t\\\"\\\\/\u{7F}\"")
        #expect(
            JSON.string(text).text(.go)
                == "\"a\\u2028b\\u2029c\u{2027}d\u{E2}é😀\\u0001\\t\\\"\\\\/\u{7F}\"")
        for layout in [JSONLayout.compact, .go] {
            #expect(try JSON(parsing: JSON.string(text).encoded(layout)) == .string(text))
        }
    }

    /// Large objects are looked through in another way than small ones.
    @Test(arguments: [0, 1, 23, 24, 25, 200]) func objectsOfAnySizeFindReplaceAndRemove(_ count: Int) {
        let names = (0..<count).map { "name \($0 * 7919 % 1009)" }
        var object = JSONObject(names.map { ($0, .string($0)) })
        #expect(object.names == names)
        for name in names { object[name] = .string(name + "!") }
        #expect(object.count == count && names.allSatisfy { object[$0] == .string($0 + "!") })
        for name in names where name.hasSuffix("1") { object[name] = nil }
        #expect(object.names == names.filter { !$0.hasSuffix("1") })
        #expect(object.map(\.value) == object.names.map { .string($0 + "!") })
        #expect(names.allSatisfy { object[$0] == ($0.hasSuffix("1") ? nil : .string($0 + "!")) })
        #expect(object["missing"] == nil)
    }

    @Test func indentedLayoutIsThatOfDockerInspect() {
        let value: JSON = ["A": [], "B": [1, 2], "C": [:], "D": ["E": nil]]
        #expect(
            value.text(.indented)
                == "{\n    \"A\": [],\n    \"B\": [\n        1,\n        2\n    ],\n    \"C\": {},\n    \"D\": {\n        \"E\": null\n    }\n}"
        )
    }

    @Test func codableValuesGoThroughInDeclarationOrderWithRaisedNames() throws {
        let shape = Shape(
            zebra: 1, apple: nil, labels: ["x.y": "z"], ports: [Port(privatePort: 80, type: "tcp", iP: "::")],
            extra: ["k": 1])
        let json = try JSON(encoding: shape, keys: .capitalized)
        #expect(
            json.text()
                == #"{"Zebra":1,"Labels":{"x.y":"z"},"Ports":[{"PrivatePort":80,"Type":"tcp","IP":"::"}],"Extra":{"k":1}}"#
        )
        #expect(try json.decode(Shape.self, keys: .capitalized) == shape)
    }

    @Test func deepNestingIsRefusedInsteadOfOverflowingTheStack() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test func wrongTypesNameTheMember() {
        let error = #expect(throws: DecodingError.self) {
            try JSON(parsing: #"{"Zebra":"no","Labels":{},"Ports":[]}"#).decode(Shape.self, keys: .capitalized)
        }
        guard case .typeMismatch(_, let context) = error else { return #expect(Bool(false), "not a type mismatch") }
        #expect(context.codingPath.map(\.stringValue) == ["zebra"])
    }
}
