import Testing

@testable import Kernel

@Suite("Numbers granted by subuid(5)")
struct SubordinateRangeTests {
    @Test("The largest range of a user counts, by name or by number")
    func largest() {
        let text = "root:1:10\nkim:100000:65536\nlee:165536:65536\n1000:300000:70000\nkim:5:1\n"
        #expect(
            SubordinateRange.largest(in: text, of: ["kim", "1000"]) == SubordinateRange(first: 300_000, count: 70_000))
        #expect(SubordinateRange.largest(in: text, of: ["kim"]) == SubordinateRange(first: 100_000, count: 65_536))
        #expect(SubordinateRange.largest(in: text, of: ["park"]) == nil)
    }

    @Test(
        "What is no line of that file grants nothing",
        arguments: ["", "kim", "kim:1", "kim:x:5", "kim:1:-5", "kim:1:2:3", "#kim:1:5", "kim:1:0", "kim:1:99999999999"])
    func broken(text: String) { #expect(SubordinateRange.largest(in: text, of: ["kim"]) == nil) }
}
