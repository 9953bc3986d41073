/// One flag of a command.
public struct FlagSpec: Sendable {
    /// The long name without dashes.
    public var name: String
    /// The one-letter name.
    public var short: Character?
    /// What it takes.
    public var type: FlagType
    /// The text of help, without the default.
    public var help: String
    /// The value when it isn't given, as help shows it; `nil` if help shows none.
    public var shownDefault: String?
    /// What help calls the value, where that is not the type's usual name.
    public var shownType: String?
    /// Whether Drydock does it.
    public var status: FeatureStatus
    /// What an engine must be for Docker's client to pass the flag on; `nil` if any engine will do.
    public var requirement: EngineRequirement?
    /// Whether help leaves it out: an old name that still works.
    public var isHidden: Bool
    /// The flag that an old name stands for.
    public var standsFor: String?
    /// Whether the old name is answered with a warning that names the new one.
    public var isDeprecated: Bool

    /// A flag with a long name only.
    init(
        _ name: String, _ type: FlagType, _ help: String, default shownDefault: String? = nil,
        shownType: String? = nil, status: FeatureStatus = .done, requires requirement: EngineRequirement? = nil
    ) {
        self.init(name, nil, type, help, default: shownDefault, status: status, requires: requirement)
        self.shownType = shownType
    }

    /// A flag with a long and a short name.
    init(
        _ name: String, _ short: Character?, _ type: FlagType, _ help: String, default shownDefault: String? = nil,
        status: FeatureStatus = .done, requires requirement: EngineRequirement? = nil
    ) {
        self.name = name
        self.short = short
        self.type = type
        self.help = help
        self.shownDefault = shownDefault
        self.status = status
        self.requirement = requirement
        self.isHidden = false
        self.standsFor = nil
        self.isDeprecated = false
    }

    /// An old name that help doesn't show.
    init(old name: String, for newName: String, _ type: FlagType, deprecated: Bool = false) {
        self.init(name, type, "")
        isHidden = true
        standsFor = newName
        isDeprecated = deprecated
    }

    /// A flag of its own that help doesn't show.
    init(hidden name: String, _ type: FlagType) {
        self.init(name, type, "")
        isHidden = true
    }

    /// How messages name the flag: `-m, --memory`.
    var shownName: String { if let short { "-\(short), --\(name)" } else { "--\(name)" } }

    /// Docker's help for `--format` where there is no table.
    static let formatHelp = """
        Format output using a custom template:
        'json':             Print in JSON format
        'TEMPLATE':         Print output using the given Go template.
        Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates
        """

    /// Docker's help for `--format` where there is a table.
    static let tableFormatHelp = """
        Format output using a custom template:
        'table':            Print output in table format with column headers (default)
        'table TEMPLATE':   Print output in table format using the given Go template
        'json':             Print in JSON format
        'TEMPLATE':         Print output using the given Go template.
        Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates
        """
}

/// What a flag takes: how its value is written, checked and gathered.
public enum FlagType: Sendable, Equatable {
    /// `--flag`, `--flag=false`
    case bool
    /// One text, the last one given.
    case string
    /// Any number of texts, one per flag.
    case list
    /// Any number of texts, several per flag with commas.
    case strings
    /// A signed number.
    case int
    /// A number of 64 bits without a sign.
    case uint
    /// A number up to 65,535.
    case uint16
    /// A size such as `64m`.
    case bytes
    /// A size, or -1 for no limit.
    case bytesOrUnlimited
    /// A time such as `1m30s`.
    case duration
    /// A number of CPUs with at most nine decimals.
    case decimal
    /// `key=value`, repeatable.
    case map
    /// A kernel parameter `key=value`, repeatable.
    case sysctl
    /// A filter `key=value`, repeatable.
    case filter
    /// The fields of a mount with commas.
    case mount
    /// A network's name, or its fields with commas.
    case network
    /// `type=soft[:hard]`
    case ulimit
    /// Graphics cards.
    case gpuRequest
    /// `NAME[=VALUE]`
    case environment
    /// `KEY[=VALUE]`
    case label
    /// An image's name, repeatable.
    case imageName
    /// `host:ip`
    case extraHost
    /// An IP address.
    case address
    /// A domain name.
    case domain
    /// `container[:alias]`
    case link
    /// stdin, stdout or stderr.
    case standardStream
    /// `path:weight`
    case deviceWeight
    /// `path:bytes per second`
    case deviceByteRate
    /// `path:operations per second`
    case deviceOperationRate
    /// A rule of the device cgroup.
    case deviceRule

    /// The word that help prints after the flag.
    var helpName: String {
        switch self {
        case .bool: ""
        case .string: "string"
        case .strings: "strings"
        case .int: "int"
        case .uint: "uint"
        case .uint16: "uint16"
        case .bytes, .bytesOrUnlimited: "bytes"
        case .duration: "duration"
        case .decimal: "decimal"
        case .map, .sysctl: "map"
        case .filter: "filter"
        case .mount: "mount"
        case .network: "network"
        case .ulimit: "ulimit"
        case .gpuRequest: "gpu-request"
        case .list, .environment, .label, .imageName, .extraHost, .address, .domain, .link, .standardStream,
            .deviceWeight,
            .deviceByteRate, .deviceOperationRate, .deviceRule:
            "list"
        }
    }
}
