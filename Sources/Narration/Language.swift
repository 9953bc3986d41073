/// The languages that the project speaks.
public enum Language: String, Sendable, Codable, CaseIterable {
    /// English
    case en
    /// Korean
    case ko

    /// The language a person wants: `DRYDOCK_LANG` if it names one, else that of the locale (`LC_ALL`, `LC_MESSAGES`,
    /// `LANG`, in this order, as in `locale(7)`), else English.
    public static func preferred(environment: [String: String]) -> Language {
        if let wanted = environment["DRYDOCK_LANG"], let language = Language(rawValue: wanted.lowercased()) {
            return language
        }
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            guard let locale = environment[name], !locale.isEmpty else { continue }
            return locale.lowercased().hasPrefix("ko") ? .ko : .en
        }
        return .en
    }

    /// The language's name in itself.
    public var ownName: String {
        switch self {
        case .en: "English"
        case .ko: "한국어"
        }
    }
}
