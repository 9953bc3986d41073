import Archives
import Glibc
import OrderedJSON
import Posix

/// How `--log-opt` has a log rotated: `max-size`, `max-file` and `compress`.
struct LogRotation: Sendable, Equatable {
    /// The size at which a new file is begun, bytes; `nil` never.
    var maximumSize: Int64?
    /// How many files are kept, the present one included.
    var files: Int
    /// Whether the earlier ones are compressed with gzip.
    var compresses: Bool

    /// From a log's options, with what the driver has by itself.
    ///
    /// - Throws: ``EngineFailure`` with Docker's text for what can't be right.
    init(_ options: JSON?, of form: LogForm) throws {
        maximumSize = form == .local ? 20_000_000 : nil
        files = form == .local ? 5 : 1
        compresses = form == .local
        func refuse(_ problem: String) -> EngineFailure {
            .invalid("failed to initialize logging driver: \(problem)")
        }
        if let text = options?["max-size"]?.string, form == .local || text != "-1" {
            guard let size = Self.bytes(text), size > 0 || form == .local else {
                throw refuse("invalid size: '\(text)'")
            }
            maximumSize = size
        }
        if let text = options?["max-file"]?.string {
            guard let number = Int(text) else { throw refuse("strconv.Atoi: parsing \"\(text)\": invalid syntax") }
            guard number >= 1 else { throw refuse("max-file cannot be less than 1") }
            files = number
        }
        if let text = options?["compress"]?.string {
            guard let truth = NetworkDefinition.truth(text) else {
                throw refuse("strconv.ParseBool: parsing \"\(text)\": invalid syntax")
            }
            compresses = truth
        }
        switch form {
        case .jsonFile where compresses && (files < 2 || maximumSize == nil):
            throw refuse("compress cannot be true when max-file is less than 2 or max-size is not set")
        case .local where compresses && files < 2:
            throw refuse("compression cannot be enabled when max file count is 1")
        default: break
        }
    }

    /// A size such as `10m`: kibi-, mebi- and gibibytes, as Docker reads it; `nil` for any other text.
    static func bytes(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        guard let last = text.lowercased().last else { return nil }
        guard let unit = units[last] else { return Int64(text) }
        guard let number = Int64(text.dropLast()) else { return nil }
        let (product, isTooMuch) = number.multipliedReportingOverflow(by: unit)
        return isTooMuch ? nil : product
    }

    private var ending: String { compresses ? ".gz" : "" }

    /// Makes room for a new file at the path: the present one becomes number 1, and the oldest goes.
    func shift(_ path: String) {
        for number in stride(from: files - 1, to: 1, by: -1) {
            rename("\(path).\(number - 1)\(ending)", "\(path).\(number)\(ending)")
        }
        if files > 1 { rename(path, "\(path).1") } else { truncate(path, 0) }
    }

    /// Compresses number 1, if it lies there as it was written. Whoever reads meanwhile finds the one or the other.
    func compress(_ path: String) throws {
        let plain = "\(path).1"
        guard compresses, Files.exists(plain) else { return }
        let temporary = "\(plain).gz.part"
        do {
            let source = try Descriptor.open(plain, O_RDONLY)
            let target = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o640)
            try GzipFile.compress(source, to: target)
            try check("renaming \(temporary)") { rename(temporary, "\(plain).gz") }
        } catch {
            unlink(temporary)
            throw error
        }
        unlink(plain)
    }

    /// The earlier files of a log, oldest first, opened.
    static func earlierFiles(of path: String) throws -> [LogFile] {
        var found: [LogFile] = []
        var number = 1
        while let file = try earlierFile("\(path).\(number)") {
            found.append(file)
            number += 1
        }
        return found.reversed()
    }

    private static func earlierFile(_ path: String) throws -> LogFile? {
        // Twice: it may be compressed between the two looks.
        for _ in 0..<2 {
            if let file = try opened("\(path).gz") { return .compressed(try GzipReader(file)) }
            if let file = try opened(path) { return .plain(file) }
        }
        return nil
    }

    private static func opened(_ path: String) throws(SystemError) -> Descriptor? {
        do throws(SystemError) { return try Descriptor.open(path, O_RDONLY) } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }
}

/// A file of a log that is read.
enum LogFile {
    case plain(Descriptor)
    case compressed(GzipReader)

    /// The next bytes; none at the end, for now.
    func read(upTo count: Int) throws -> [UInt8] {
        switch self {
        case .plain(let file): try file.read(upTo: count)
        case .compressed(let reader): try reader.read(upTo: count)
        }
    }
}
