import Glibc

/// An extended regular expression (`regex(7)`), as `grep -E` understands it.
struct Pattern {
    private final class Compiled {
        var expression = regex_t()
        deinit { regfree(&expression) }
    }
    private let compiled = Compiled()

    /// Compiles an expression; `nil` if it is none.
    init?(_ text: String) {
        guard !text.isEmpty, regcomp(&compiled.expression, text, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0 else {
            return nil
        }
    }

    /// Whether it matches somewhere in a text; `^` and `$` match at the ends of lines.
    func matches(_ text: String) -> Bool { regexec(&compiled.expression, text, 0, nil, 0) == 0 }
}
