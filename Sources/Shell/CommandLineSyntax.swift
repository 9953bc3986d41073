/// A line as it was typed, taken apart: pipelines with what connects them.
struct CommandLineSyntax: Sendable, Equatable {
    /// When an entry runs.
    enum Condition: Sendable, Equatable {
        /// First of the line, or after `;`
        case always
        /// After `&&`
        case afterSuccess
        /// After `||`
        case afterFailure
    }

    /// One thing to run.
    struct Entry: Sendable, Equatable {
        var condition: Condition
        var work: Work
    }

    /// What an entry runs.
    enum Work: Sendable, Equatable {
        /// Commands whose output flows into the next.
        case pipeline([Stage])
        /// `!command`: the rest of the line is the machine's shell's.
        case machine(String)
        /// `@node1 command`: the same, on a node of the lab.
        case node(String, String)
    }

    /// One command of a pipeline.
    struct Stage: Sendable, Equatable {
        var words: [Word] = []
        var redirections: [Redirection] = []
    }

    /// A word before its variables and substitutions are filled in.
    struct Word: Sendable, Equatable {
        var parts: [Part]
        /// A quoted empty word is a word, too.
        var isQuoted = false
    }

    /// A part of a word. What is not quoted is split at blanks once it was filled in.
    enum Part: Sendable, Equatable {
        case text(String)
        case variable(String, isQuoted: Bool)
        case status
        case substitution(CommandLineSyntax, isQuoted: Bool)
    }

    /// Where a command reads or writes instead.
    struct Redirection: Sendable, Equatable {
        enum Target: Sendable, Equatable {
            case read(Word)
            case write(Word)
            case append(Word)
            case duplicate(Int32)
        }
        var descriptor: Int32
        var target: Target
    }

    var entries: [Entry] = []
}

/// Why a line can't be taken apart.
enum SyntaxError: Error, Equatable {
    /// The line goes on: a quote is open, or the last word asks for more.
    case incomplete
    /// Something stands where it can't.
    case unexpected(String)
    /// `@node1` without a command behind it.
    case nothingToRun(String)
}
