import Testing

@testable import Lessons

@Suite("Ranges of numbers")
struct NumberRangeTests {
    @Test(
        "A range says which numbers are in it",
        arguments: [
            ("3", 3, true), ("3", 4, false), (">3", 3, false), (">3", 3.5, true), (">=3", 3, true), ("<3", 3, false),
            ("<=3", 3, true), ("3..5", 5, true), ("3..5", 5.1, false), ("-2..-1", -1.5, true),
        ] as [(String, Double, Bool)])
    func contains(text: String, number: Double, isIn: Bool) throws {
        #expect(try #require(NumberRange(text)).contains(number) == isIn)
    }

    @Test("What is no range is none", arguments: ["", "x", "5..3", ">", "3 or 4"])
    func noRange(text: String) { #expect(NumberRange(text) == nil) }
}
