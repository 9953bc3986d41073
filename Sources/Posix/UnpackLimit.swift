/// How much archives may grow when they are unpacked (`max-unpack-ratio` in `daemon.json`).
public struct UnpackLimit: Sendable, Hashable {
    /// How many times its size an archive may grow; 0 is without a bound.
    public var ratio: Int64
    /// How many bytes every archive may have beyond that, however small it is.
    public var allowance: Int64

    /// A limit.
    public init(ratio: Int64, allowance: Int64 = 64 << 20) {
        self.ratio = ratio
        self.allowance = allowance
    }

    /// A hundred times: no archive of files is as small but one that is made to fill the disk.
    public static let standard = UnpackLimit(ratio: 100)

    /// How many bytes an archive may unpack to.
    ///
    /// - Parameter size: Its size as it is, in bytes.
    func bytes(compressed size: Int64) -> Int64 {
        if ratio == 0 { return .max }
        let (product, isTooMuch) = size.multipliedReportingOverflow(by: ratio)
        let (sum, isMore) = product.addingReportingOverflow(allowance)
        return isTooMuch || isMore ? .max : sum
    }
}

/// What one archive may unpack to: so many times its size, and what the disk has room for.
public struct UnpackBound: Sendable {
    private let limit: UnpackLimit
    private let room: Int64

    /// The bound for an archive that is about to be unpacked.
    ///
    /// - Parameter path: A directory on the disk that it is unpacked to.
    public init(_ limit: UnpackLimit, at path: String) {
        self.init(limit, room: DiskSpace.free(at: path))
    }

    /// The bound where so many bytes are free.
    public init(_ limit: UnpackLimit, room: Int64) {
        self.limit = limit
        self.room = room
    }

    /// What is too much of an archive; `nil` while it is within the bound.
    ///
    /// - Parameters:
    ///   - compressed: The size of the archive as it is, in bytes, or of what was read of it; `nil` where only the room
    ///     counts.
    ///   - unpacked: How many bytes that gave.
    public func excess(compressed: Int64?, unpacked: Int64) -> UnpackExcess? {
        if let compressed {
            let most = limit.bytes(compressed: compressed)
            if unpacked > most { return .ratio(limit.ratio, bytes: most) }
        }
        return unpacked > room ? .room(room) : nil
    }
}

/// An archive unpacks to too much.
public enum UnpackExcess: Error, Sendable, Equatable, CustomStringConvertible {
    /// It grows more than so many times, to more than so many bytes.
    case ratio(Int64, bytes: Int64)
    /// The disk has room for only so many bytes.
    case room(Int64)

    /// What it does, for a person: follows the archive's name.
    public var description: String {
        switch self {
        case .ratio(let ratio, let bytes):
            "unpacks to more than \(bytes) bytes, over \(ratio) times its size: it is refused, as a bomb that is made to "
                + "fill the disk; \"max-unpack-ratio\" in daemon.json allows more"
        case .room(let room): "unpacks to more than the \(room) bytes that are free on the disk"
        }
    }
}
