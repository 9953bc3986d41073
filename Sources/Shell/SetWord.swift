import Narration
import Posix

/// `set`: how the shell looks and which keys edit.
extension Shell {
    /// `set`, `set keys emacs|vi`, `set theme dark|light|projector`
    func set(_ arguments: [String]) -> Answer {
        let usage = voice.usage("set keys emacs|vi | set theme dark|light|projector")
        switch arguments.first {
        case nil:
            let theme = voice.themeChosen(listener.narrator.theme.rawValue) + "\n"
            return Answer(text: theme + (editor.map { voice.keysChosen($0.keys.rawValue) + "\n" } ?? ""))
        case "keys" where arguments.count == 2:
            guard let keys = LineEditor.Keys(rawValue: arguments[1]) else { return .complain(usage) }
            guard let editor else { return .complain(voice.noKeysHere) }
            editor.use(keys)
            return Answer(text: voice.keysChosen(keys.rawValue) + "\n")
        case "theme" where arguments.count == 2:
            guard let theme = Theme(rawValue: arguments[1]) else { return .complain(usage) }
            listener.narrator.theme = theme
            do throws(SystemError) {
                try ThemeChoice(directory: configuration.learnerDirectory).keep(theme)
            } catch {
                return .complain(voice.failed("set", "\(error)"))
            }
            return Answer(text: voice.themeChosen(theme.rawValue) + "\n")
        default: return .complain(usage)
        }
    }
}

/// The theme that the learner has chosen, kept between sessions.
struct ThemeChoice {
    private let path: String

    /// The choice that is kept in a directory.
    init(directory: String) { path = directory + "/theme" }

    /// The theme; the dark one if none was chosen.
    var theme: Theme {
        guard let text = try? Files.text(path) else { return .dark }
        return Theme(rawValue: text.trimmed()) ?? .dark
    }

    /// Keeps a choice.
    func keep(_ theme: Theme) throws(SystemError) {
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        try Files.replace(path, with: Array("\(theme.rawValue)\n".utf8), mode: 0o600, durable: false)
    }
}
