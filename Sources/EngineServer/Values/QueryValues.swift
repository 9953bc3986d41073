public import HTTPMessages

// The members of a query as values, read as Docker's daemon reads them.
extension Query {
    /// A boolean: everything is true but nothing, `0`, `no`, `false` and `none`.
    ///
    /// - Parameters:
    ///   - name: The member's name.
    ///   - missing: What a missing member means.
    public func flag(_ name: String, default missing: Bool = false) -> Bool {
        guard let text = self[name] else { return missing }
        return !["", "0", "no", "false", "none"].contains(text.trimmed.lowercased())
    }

    /// A text; `nil` where it is missing or empty.
    public func text(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// A whole number; `nil` where it is missing or empty.
    /// - Throws: ``APIError`` with the text of Go's parser, and status 500, as Docker's daemon has it.
    public func integer(_ name: String) throws(APIError) -> Int? {
        guard let text = text(name) else { return nil }
        switch GoNumber.parse(text) {
        case .value(let value): return value
        case .syntax: throw .failure(#"strconv.Atoi: parsing \#(GoNumber.quoted(text)): invalid syntax"#)
        case .range: throw .failure(#"strconv.Atoi: parsing \#(GoNumber.quoted(text)): value out of range"#)
        }
    }

    /// The height or width of a terminal, which must be there.
    ///
    /// - Parameter name: `h` or `w`.
    /// - Throws: ``APIError`` 400 with the text of Go's parser.
    public func size(_ name: String) throws(APIError) -> UInt16 {
        let text = self[name] ?? ""
        switch GoNumber.parse(text) {
        case .value(let value) where (0...Int(UInt32.max)).contains(value): return UInt16(clamping: value)
        case .value, .range: throw .badRequest(#"strconv.Atoi: parsing \#(GoNumber.quoted(text)): value out of range"#)
        case .syntax: throw .badRequest(#"strconv.Atoi: parsing \#(GoNumber.quoted(text)): invalid syntax"#)
        }
    }

    /// A moment: seconds since 1970, with a fraction or without, as Docker's clients send every kind of time.
    ///
    /// - Returns: Nanoseconds since 1970; `nil` where it is missing or empty.
    /// - Throws: ``APIError`` 500 with the text of Go's parser.
    public func moment(_ name: String) throws(APIError) -> Int64? {
        guard let text = text(name) else { return nil }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let seconds = try Self.number(parts[0])
        // Nanoseconds fit 64 bits until the year 2262; a moment beyond is as good as never.
        let whole = min(max(seconds, -9_000_000_000), 9_000_000_000) * 1_000_000_000
        guard parts.count == 2 else { return whole }
        _ = try Self.number(parts[1])
        // Fewer digits than nine are tenths, hundredths, …; more are cut off.
        let digits = parts[1].prefix(9)
        let nanoseconds = (Int64(digits) ?? 0) * (0..<(9 - digits.count)).reduce(1) { product, _ in product * 10 }
        return whole + nanoseconds
    }

    private static func number(_ text: String) throws(APIError) -> Int64 {
        switch GoNumber.parse(text) {
        case .value(let value): return Int64(value)
        case .syntax: throw .failure(#"strconv.ParseInt: parsing \#(GoNumber.quoted(text)): invalid syntax"#)
        case .range: throw .failure(#"strconv.ParseInt: parsing \#(GoNumber.quoted(text)): value out of range"#)
        }
    }
}

/// Whole numbers as Go's `strconv` reads them.
private enum GoNumber {
    case value(Int), syntax, range

    static func parse(_ text: String) -> GoNumber {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : Substring(text)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .syntax }
        return Int(text).map { .value($0) } ?? .range
    }

    /// The text in double quotes, with what would end them escaped.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
