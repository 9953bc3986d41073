import EngineAPI
import OrderedJSON
import Testing

@testable import Narration

@Suite("Templates")
struct TemplateTests {
    static let scope = FactScope(
        own: [
            "pid": 7, "name": "web", "none": nil, "zero": 0, "no": false, "list": ["a", "b", "c"], "one": ["a"],
            "size": 67_108_864, "id": "sha256:0123456789abcdef0123", "signal": "KILL", "resource": "blockRate",
        ], siblings: ["process.clone": ["pid": 9]])

    @Test(
        "Facts, filters and choices",
        arguments: [
            ("PID {pid}", "PID 7"), ("{process.clone:pid}", "9"), ("{{.State}}", "{.State}"),
            ("{list}", "a, b, c"), ("{list|and}", "a, b and c"), ("{one|and}", "a"), ("{list|words}", "a b c"),
            ("{list|count}", "3"), ("{list|n:layer}", "3 layers"), ("{one|n:entry:entries}", "1 entry"),
            ("{list|first}", "a"), ("{size|bytes}", "64 MiB"), ("{id|short}", "0123456789ab"),
            ("{name|short}", "web"), ("{signal|signal}", "SIGKILL"), ("{resource|spaced}", "block rate"),
            ("{?none}A{:}B{/}", "B"), ("{?zero}A{/}", ""), ("{?no}A{:}B{/}", "B"), ("{?missing}A{:}B{/}", "B"),
            ("{?list>2}many{:}few{/}", "many"), ("{?pid>7}A{:}B{/}", "B"), ("{?name=web}W{/}", "W"),
            ("{?name=db}A{:}{?pid}{pid}{/}{/}!", "7!"),
        ])
    func isFilled(template: String, expected: String) throws {
        #expect(try Template(template).filled(with: Self.scope) == expected)
    }

    @Test("A fact that is missing or null is an error, not a gap", arguments: ["{missing}", "{none}"])
    func missingFactsThrow(template: String) {
        #expect(throws: TemplateError.self) { try Template(template).filled(with: Self.scope) }
    }

    @Test(
        "A malformed template is an error", arguments: ["{pid", "{?pid}A", "A{/}", "{:}", "{?pid}{:}{:}{/}", "{?}A{/}"])
    func malformedTemplatesThrow(template: String) {
        #expect(throws: TemplateError.malformed(template)) { try Template(template).filled(with: Self.scope) }
    }

    @Test(
        "Sizes and times are rounded for reading",
        arguments: [
            (1, "1 byte"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (4_404_019, "4.2 MiB"), (10_737_418_240, "10 GiB"),
        ])
    func bytes(count: Int64, text: String) { #expect(TemplateFilter.bytes(count) == text) }

    @Test(
        "Times",
        arguments: [
            (40_000, "0.04 ms"), (310_000, "0.31 ms"), (1_210_000, "1.2 ms"), (99_960_000, "100 ms"),
            (420_000_000, "0.42 s"),
            (2_500_000_000, "2.5 s"), (0, "0 ms"),
        ])
    func time(nanoseconds: Int64, text: String) { #expect(TemplateFilter.time(nanoseconds) == text) }
}

@Suite("Text on a terminal")
struct TextTests {
    @Test("Widths", arguments: [("abc", 3), ("한글", 4), ("e\u{301}", 1), ("日本", 4), ("\u{1F600}", 2), ("", 0)])
    func width(text: String, columns: Int) { #expect(DisplayWidth.of(text) == columns) }

    @Test("No line is wider than allowed, and no word is lost", arguments: [8, 20, 60, 100])
    func wraps(columns: Int) {
        let text = "컨테이너 is an ordinary process: 네임스페이스(namespace) abcdefghijklmnopqrstuvwxyz 0123"
        let lines = TextWrapping.lines(text, columns: columns)
        for line in lines { #expect(DisplayWidth.of(line) <= columns) }
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
    }

    @Test("A command between backquotes stays on one line unless it would leave a great gap")
    func keepsCommandsWhole() {
        let text = "At its prompt type `echo ahoy > /greeting` and come out with `exit`."
        #expect(TextWrapping.lines(text, columns: 36).contains("`echo ahoy > /greeting` and come out"))
        let narrow = TextWrapping.lines(text, columns: 20)
        #expect(narrow.contains("`echo ahoy >"))
        #expect(TextWrapping.lines("one `two three", columns: 9) == ["one `two", "three"])
    }

    @Test("In a list of words a long meaning goes on under its beginning; what fits is left alone")
    func wrapsLists() {
        let text = "evidence N  all that was read back after it\n\n변수        마지막 명령의 종료 코드"
        #expect(
            TextWrapping.list(text, column: 12, columns: 34)
                == "evidence N  all that was read back\n            after it\n\n"
                + "변수        마지막 명령의 종료\n            코드")
        #expect(TextWrapping.list(text, column: 12, columns: 80) == text)
    }

    @Test(
        "The language is that of DRYDOCK_LANG, then that of the locale",
        arguments: [
            (["DRYDOCK_LANG": "ko", "LANG": "en_US.UTF-8"], Language.ko), (["LANG": "ko_KR.UTF-8"], .ko),
            (["LANG": "de_DE.UTF-8"], .en), ([:], .en), (["DRYDOCK_LANG": "xx", "LC_ALL": "ko_KR"], .ko),
        ])
    func language(environment: [String: String], expected: Language) {
        #expect(Language.preferred(environment: environment) == expected)
    }
}
