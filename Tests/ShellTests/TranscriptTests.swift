import Testing

@testable import Shell

@Suite("Accounts of sessions")
struct TranscriptTests {
    @Test("A mark is read back as it was written, whatever the line holds")
    func marks() {
        for mark in [SessionMark.line("docker run \u{07}\u{1B}; 안녕"), .end(137), .tell, .told] {
            let text = String(mark.text.dropFirst(2 + SessionMark.number.count + 1).dropLast())
            #expect(SessionMark(parsing: text) == mark)
        }
        #expect(SessionMark(parsing: "other") == nil)
    }

    @Test("A line is what stands there at last")
    func lines() {
        #expect(MarkdownText.lines(of: "\r\nfirst\r\n10 %\r20 %\r\n\r\n") == ["first", "20 %"])
        #expect(MarkdownText.lines(of: "ab\u{08}c\u{07}") == ["ac"])
    }

    @Test("Backticks in a text are fenced by more of them")
    func fences() {
        #expect(MarkdownText.code("a ``b`` c") == "``` a ``b`` c ```")
        #expect(MarkdownText.code("plain\nline") == "`plain line`")
        #expect(MarkdownText.fenced(["````"], as: "console") == "`````console\n````\n`````\n")
    }

    @Test("Characters that come in two pieces are kept together")
    func pieces() {
        let bytes = Array("a한".utf8)
        for cut in 0...bytes.count {
            let (first, rest) = UTF8Pieces.split(Array(bytes[..<cut]))
            let (second, left) = UTF8Pieces.split(rest + bytes[cut...])
            #expect(first + second == "a한")
            #expect(left.isEmpty)
        }
    }
}
