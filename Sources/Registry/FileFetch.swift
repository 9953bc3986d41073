import Glibc
import HTTPMessages
import Posix

/// What came of fetching a file.
public struct FetchedFile: Sendable, Equatable {
    /// How many bytes came.
    public var size: Int64
    /// When the server says that it was changed, in seconds since 1970; `nil` if it does not say.
    public var modified: Int?
}

extension Registries {
    private static let redirectLimit = 5

    /// Fetches a file from anywhere, as ADD and import do: also without TLS, because the user wrote the address.
    ///
    /// - Parameters:
    ///   - file: Where its bytes go.
    ///   - progress: Called with the bytes so far, and all of them if the server says how many; what it throws ends it.
    /// - Throws: ``RegistryFailure``.
    public func fetchFile(
        _ url: RegistryURL, into file: Descriptor, progress: (Int64, Int64?) throws -> Void
    ) throws -> FetchedFile {
        var call = HTTPCall(method: "GET", url: url)
        call.mayBePlain = true
        for _ in 0...Self.redirectLimit {
            let answer = try exchange.call(call)
            if [301, 302, 303, 307, 308].contains(answer.status), let location = answer.headers["Location"],
                let next = call.url.resolved(location)
            {
                answer.discard()
                call.url = next
                continue
            }
            guard answer.status == 200 else {
                throw RegistryFailure.refused(
                    registry: call.url.authority, what: "GET \(call.url.target)", status: answer.status,
                    reason: ResponseHead.standardReason(answer.status))
            }
            let total = answer.headers["Content-Length"].flatMap { Int64($0) }
            var size: Int64 = 0
            do {
                while let bytes = try answer.read() {
                    try file.write(bytes)
                    size += Int64(bytes.count)
                    try progress(size, total)
                }
            } catch let failure as HTTPFailure {
                throw RegistryFailure.unreachable(registry: call.url.authority, reason: failure.description)
            }
            return FetchedFile(size: size, modified: answer.headers["Last-Modified"].flatMap(Self.time))
        }
        throw RegistryFailure.malformed(registry: url.authority, what: "redirect", problem: "it leads on and on")
    }

    /// Reads a time as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    private static func time(_ text: String) -> Int? {
        let words = text.split { $0 == " " || $0 == ":" || $0 == "," }.map(String.init)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 8, words[7] == "GMT", let month = months.firstIndex(of: words[2]),
            let day = Int32(words[1]), let year = Int32(words[3]), let hour = Int32(words[4]),
            let minute = Int32(words[5]), let second = Int32(words[6])
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, Int32(month), day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        return timegm(&parts)
    }
}
