import Lessons
import Narration
import Testing

@testable import Shell

@Suite("Words of the shell")
struct ShellWordsTests {
    @Test(
        "A word is quoted so that it is read as the same word",
        arguments: ["plain", "a b", "it's", "", "$X", "{{.Names}}", "a\"b", "한글", "#x", "a;b", "--format={{json .}}"])
    func quoting(word: String) throws {
        let line = try CommandLineParser.parse("x " + Shell.quoted(word))
        guard case .pipeline(let stages) = line.entries.first?.work else {
            Issue.record("no pipeline")
            return
        }
        let expansion = WordExpansion(environment: [:], status: 0) { _ in "" }
        #expect(expansion.words(stages[0].words) == ["x", word])
    }

    @Test(
        "A mistyped word finds the one that was meant",
        arguments: [("hlep", "help"), ("exti", "exit"), ("glosary", "glossary"), ("dcoker", "docker"), ("xyzzy", nil)]
            as [(String, String?)])
    func nearest(word: String, meant: String?) {
        #expect(Shell.nearest(to: word, in: Array(Shell.words.keys)) == meant)
    }

    @Test("The help on a word is its own lines, in each language", arguments: Language.allCases)
    func helpOnAWord(language: Language) {
        let voice = ShellVoice(language: language)
        #expect(voice.help(on: "node").map { String($0.prefix(4)) } == ["node"])
        #expect(voice.help(on: "watch").count == 2)
        #expect(voice.help(on: "doctor").count == 1)
        #expect(voice.help(on: "wc").isEmpty)
        // Each word has some, but for those of lessons, which `lesson help` lists.
        let without = Shell.words.keys.filter { voice.help(on: $0).isEmpty }
        #expect(Set(without).isSubset(of: LessonRunner.words), "\(without)")
    }

    @Test(
        "The word before the cursor and those before it",
        arguments: [
            ("docker ru", ["docker"], "ru"), ("docker run ", ["docker", "run"], ""), ("a | docker p", ["docker"], "p"),
            ("docker cp 'a b", ["docker", "cp"], "a b"), ("x && do", [], "do"), ("", [], ""),
            ("docker rm $(docker p", ["docker"], "p"),
        ] as [(String, [String], String)])
    func completionWords(text: String, complete: [String], last: String) {
        let words = ShellCompleter.words(text)
        #expect(words.complete == complete)
        #expect(words.last == last)
    }
}
