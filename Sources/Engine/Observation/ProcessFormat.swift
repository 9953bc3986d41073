import Glibc
import OrderedJSON
import Posix

/// The columns that options of `ps(1)` ask for, as far as Docker's users give them to `docker top`.
struct ProcessFormat {
    struct Column {
        var kind: ProcessColumn
        var title: String
    }

    let columns: [Column]

    /// Reads options: `-ef`, `aux`, `-o pid,user,args`, `-eo pid,comm`.
    /// - Throws: ``EngineFailure`` with the text of `ps` for an unknown column, ours for options that are not done, and
    ///   Docker's for a list without the PID.
    init(options: String) throws {
        let words = options.isEmpty ? ["-ef"] : options.split(whereSeparator: \.isWhitespace).map(String.init)
        var chosen: [Column] = []
        var isFull = false, isUserOriented = false
        var rest = words[...]
        while let word = rest.popFirst() {
            let isUnix = word.hasPrefix("-")
            var letters = word.drop { $0 == "-" }
            if word.hasPrefix("--") {
                if letters.hasPrefix("format=") {
                    chosen += try Self.list(String(letters.dropFirst(7)))
                    continue
                }
                throw Self.refuse(word)
            }
            while let letter = letters.popFirst() {
                switch letter {
                case "o":
                    let list = letters.isEmpty ? rest.popFirst() : String(letters)
                    guard let list else {
                        throw EngineFailure.system("ps: error: format specification must follow -o")
                    }
                    chosen += try Self.list(list)
                    letters = ""
                case "e", "A", "a", "x", "d", "w": continue
                case "f" where isUnix: isFull = true
                case "u" where !isUnix: isUserOriented = true
                // Numbers instead of names change no column that is known here but the users'.
                case "n" where !isUnix: continue
                default: throw Self.refuse(word)
                }
            }
        }
        if chosen.isEmpty {
            let names =
                isFull
                ? "user=UID,pid,ppid,c,stime,tname,time,cmd"
                : isUserOriented
                    ? "user,pid,%cpu,%mem,vsz,rss,tname,stat,stime=START,bsdtime,args"
                    : "pid,tname,time,ucmd"
            // Titles of a list of our own stand for one column each.
            chosen = try names.split(separator: ",").flatMap { try Self.list(String($0)) }
        }
        guard chosen.contains(where: { $0.title == "PID" }) else {
            throw EngineFailure.system("Couldn't find PID field in ps output")
        }
        columns = chosen
    }

    private static func refuse(_ word: String) -> EngineFailure {
        EngineFailure(
            status: 501,
            "the ps option \(word) is not done in Drydock's engine: use -ef, aux, or -o with a list of columns")
    }

    /// A list of columns; `name=TITLE` gives the rest of it as one title.
    private static func list(_ text: String) throws -> [Column] {
        var columns: [Column] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            let name = rest.prefix { $0 != "," && $0 != "=" }
            rest = rest.dropFirst(name.count)
            guard let kind = ProcessColumn(rawValue: ProcessColumn.synonyms[String(name)] ?? String(name)) else {
                throw EngineFailure.system("ps: error: unknown user-defined format specifier \"\(name)\"")
            }
            if rest.first == "=" {
                let title = String(rest.dropFirst())
                if title.hasPrefix("PID"), kind != .pid {
                    throw EngineFailure.system("specifying \"\(name)=\(title)\" is not allowed")
                }
                columns.append(Column(kind: kind, title: title))
                rest = ""
            } else {
                columns.append(Column(kind: kind, title: kind.title))
                rest = rest.dropFirst()
            }
        }
        return columns
    }
}

/// A column of `ps(1)`, by its name there.
enum ProcessColumn: String {
    case pid, ppid, pgid, sid, user, uid, ruser, ruid, group, gid, rgroup, rgid
    case c, pcpu, pmem, vsz, rss, nlwp, nice, pri, state, stat
    case tty, tname, time, bsdtime, etime, etimes, stime, lstart
    case comm, ucmd, cmd, args

    static let synonyms = [
        "%cpu": "pcpu", "%mem": "pmem", "vsize": "vsz", "rssize": "rss", "rsz": "rss", "thcount": "nlwp", "ni": "nice",
        "s": "state", "tt": "tty", "cputime": "time", "start_time": "stime", "command": "args", "ucomm": "comm",
        "pgrp": "pgid", "sess": "sid", "session": "sid", "euser": "user", "uname": "user", "euid": "uid",
        "egid": "gid", "egroup": "group",
    ]

    var title: String {
        switch self {
        case .ruser: "RUSER"
        case .pcpu: "%CPU"
        case .pmem: "%MEM"
        case .nice: "NI"
        case .state: "S"
        case .tty: "TT"
        case .tname: "TTY"
        case .bsdtime: "TIME"
        case .etime, .etimes: "ELAPSED"
        case .lstart: "STARTED"
        case .comm, .args: "COMMAND"
        case .ucmd, .cmd: "CMD"
        default: rawValue.uppercased()
        }
    }

    /// What stands in the column for a process.
    func text(_ process: ProcessFacts, _ users: UserNames) -> String {
        switch self {
        case .pid: return String(process.pid)
        case .ppid: return String(process.parent)
        case .pgid: return String(process.group)
        case .sid: return String(process.session)
        case .user: return users.user(process.uid)
        case .uid: return String(process.uid)
        case .ruser: return users.user(process.realUID)
        case .ruid: return String(process.realUID)
        case .group: return users.group(process.gid)
        case .gid: return String(process.gid)
        case .rgroup: return users.group(process.realGID)
        case .rgid: return String(process.realGID)
        case .c: return String(min(99, Int(process.processorShare)))
        case .pcpu: return Self.tenths(process.processorShare)
        case .pmem: return Self.tenths(process.memoryShare)
        case .vsz: return String(process.virtualSize)
        case .rss: return String(process.residentSize)
        case .nlwp: return String(process.threads)
        case .nice: return String(process.nice)
        case .pri: return String(39 - process.priority)
        case .state: return process.state
        case .stat: return process.longState
        case .tty, .tname: return process.terminal
        case .time: return Self.clock(process.processorTime, days: true)
        case .bsdtime:
            return "\(process.processorTime / 60):" + Self.two(process.processorTime % 60)
        case .etime:
            return process.age < 3600
                ? Self.two(process.age / 60) + ":" + Self.two(process.age % 60) : Self.clock(process.age, days: true)
        case .etimes: return String(process.age)
        case .stime: return Self.moment(process.started, short: true)
        case .lstart: return Self.moment(process.started, short: false)
        case .comm, .ucmd: return process.command
        case .cmd, .args: return process.commandLine
        }
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded(.down))
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func clock(_ seconds: Int64, days: Bool) -> String {
        let day = seconds / 86400
        let rest = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return day > 0 ? "\(day)-\(rest)" : rest
    }

    private static func moment(_ seconds: Int64, short: Bool) -> String {
        var then = time_t(seconds), now = Glibc.time(nil)
        var parts = tm(), today = tm()
        localtime_r(&then, &parts)
        localtime_r(&now, &today)
        let format =
            !short
            ? "%a %b %e %H:%M:%S %Y"
            : parts.tm_year != today.tm_year ? "%Y" : parts.tm_yday != today.tm_yday ? "%b%d" : "%H:%M"
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
