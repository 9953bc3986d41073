import Testing

@testable import EngineServer

/// What Go's `encoding/json` says of texts that are no JSON.
@Suite struct GoSyntaxTests {
    @Test(arguments: [
        ("nonsense", "invalid character 'o' in literal null (expecting 'u')"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("{a", "invalid character 'a' looking for beginning of object key string"),
        (#"{"a" 1}"#, "invalid character '1' after object key"),
        (#"{"a":1 "b"}"#, #"invalid character '"' after object key:value pair"#),
        (#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("\"a\nb\"", #"invalid character '\n' in string literal"#),
        (#""\x""#, "invalid character 'x' in string escape code"),
        (#""\u12g4""#, #"invalid character 'g' in \u hexadecimal character escape"#),
        ("-a", "invalid character 'a' in numeric literal"),
        ("[1.]", "invalid character ']' after decimal point in numeric literal"),
        ("[1e]", "invalid character ']' in exponent of numeric literal"),
        ("'", #"invalid character '\'' looking for beginning of value"#),
        ("\u{0}", #"invalid character '\x00' looking for beginning of value"#),
    ])
    func aWrongCharacterIsNamedWithItsPlace(text: String, problem: String) {
        #expect(GoSyntax.problem(in: Array(text.utf8)) == .wrong(problem))
    }

    @Test(arguments: ["{", "[1,", #"{"a""#, "\"abc", "tru", "-", #""\u12"#])
    func aTextThatStopsIsIncomplete(text: String) {
        #expect(GoSyntax.problem(in: Array(text.utf8)) == .incomplete)
    }

    @Test func deepNestingIsLeftToTheParserInsteadOfOverflowingTheStack() {
        #expect(GoSyntax.problem(in: Array(repeating: UInt8(ascii: "["), count: 100_000)) == nil)
        #expect(GoSyntax.problem(in: Array(String(repeating: #"{"a":"#, count: 100_000).utf8)) == nil)
    }

    @Test func spaceIsEmptyAndWhatFollowsAValueIsTrailing() {
        #expect(GoSyntax.problem(in: Array(" \n".utf8)) == .empty)
        #expect(GoSyntax.problem(in: Array("{} {}".utf8)) == .trailing)
        #expect(GoSyntax.problem(in: Array(#"{"a":[1,-2.5e3,true,null,"\u00e9"]}"#.utf8)) == nil)
    }
}
