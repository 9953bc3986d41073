import HTTPMessages
import Testing

@Suite("Percent-encoding and queries")
struct PercentEncodingTests {
    @Test func pathsKeepWhatMayStandInThem() {
        #expect(PercentEncoding.path("/images/lab/web:1/json") == "/images/lab/web:1/json")
        #expect(PercentEncoding.path("/a b?c#d%/é") == "/a%20b%3Fc%23d%25/%C3%A9")
        #expect(PercentEncoding.path("/x@sha256:0f") == "/x@sha256:0f")
    }

    @Test(arguments: ["%", "%1", "%zz", "%G0", "a%f", "%ff", "%c3%28"])
    func badEscapesDecodeToNothing(_ text: String) { #expect(PercentEncoding.decode(text) == nil) }

    @Test func aQueryIsReadAsFormsAre() throws {
        let query = try Query(parsing: "a=1&b=x+y%2B%26&a=2&flag&=v&&c==d")
        #expect(query["a"] == "1")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "x y+&")
        #expect(query["flag"] == "")
        #expect(query["c"] == "=d")
        #expect(query["missing"] == nil)
        #expect(throws: HTTPFailure.self) { try Query(parsing: "a=%x") }
    }

    @Test func whatIsEncodedIsDecoded() throws {
        let members = [("filters", #"{"label":["a=b c"]}"#), ("é&", "=+%"), ("", "")]
        let query = try Query(parsing: Query(members).encoded)
        #expect(query == Query(members))
    }
}
