/// The identities that the engine gives: 64 random hexadecimal digits, as Docker's.
enum Identifier {
    /// A new identity.
    static func make() -> String {
        var digits = ""
        for _ in 0..<4 {
            let part = String(UInt64.random(in: 0 ... .max), radix: 16)
            digits += String(repeating: "0", count: 16 - part.count) + part
        }
        // Clients take a name of digits only for a number in places; Docker avoids such identities, too.
        return digits.prefix(12).contains(where: \.isLetter) ? digits : make()
    }
}
