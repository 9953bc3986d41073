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
