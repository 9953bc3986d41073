import Glibc

/// Points in time as Docker reads and writes them.
enum Timestamps {
    /// A moment since 1970.
    struct Moment: Equatable {
        var seconds: Int64
        var nanoseconds: Int64

        /// Now, by the machine's clock.
        static var now: Moment {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Moment(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
        }

        /// How many seconds ago this was.
        var age: Double {
            let now = Moment.now
            return Double(now.seconds - seconds) + Double(now.nanoseconds - nanoseconds) / 1e9
        }
    }

    /// Reads RFC 3339, such as `2026-11-24T22:24:04.78Z`; a time without a zone is in the machine's own. Parts may be left
    /// out from the right, down to the date.
    static func parse(_ text: String) -> Moment? {
        var rest = Substring(text)
        func number(_ digits: Int) -> Int? {
            let part = rest.prefix(digits)
            guard part.count == digits, part.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
            rest = rest.dropFirst(digits)
            return Int(part)
        }
        func skip(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var time = tm()
        time.tm_year = Int32(year - 1900)
        time.tm_mon = Int32(month - 1)
        time.tm_mday = Int32(day)
        time.tm_isdst = -1
        var nanoseconds: Int64 = 0
        if skip("T") || skip(" ") {
            guard let hour = number(2) else { return nil }
            time.tm_hour = Int32(hour)
            if skip(":") {
                guard let minute = number(2) else { return nil }
                time.tm_min = Int32(minute)
                if skip(":") {
                    guard let second = number(2) else { return nil }
                    time.tm_sec = Int32(second)
                    if skip(".") {
                        let fraction = rest.prefix { ("0"..."9").contains($0) }
                        guard !fraction.isEmpty else { return nil }
                        rest = rest.dropFirst(fraction.count)
                        let nine = (fraction + String(repeating: "0", count: max(0, 9 - fraction.count))).prefix(9)
                        nanoseconds = Int64(nine) ?? 0
                    }
                }
            }
        }
        if rest.isEmpty { return Moment(seconds: Int64(mktime(&time)), nanoseconds: nanoseconds) }
        var offset: Int64 = 0
        if !skip("Z") {
            let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
            guard sign != 0, let hours = number(2) else { return nil }
            _ = skip(":")
            guard let minutes = number(2) else { return nil }
            offset = sign * Int64(hours * 3600 + minutes * 60)
        }
        guard rest.isEmpty else { return nil }
        return Moment(seconds: Int64(timegm(&time)) - offset, nanoseconds: nanoseconds)
    }

    /// What `--since` and `--until` mean, as the API takes it: seconds since 1970 with nanoseconds.
    ///
    /// - Parameter flag: The flag to name in a complaint, if Docker names it there.
    static func query(_ text: String, flag: String?) throws(CommandFailure) -> String {
        if text.allSatisfy({ ("0"..."9").contains($0) || $0 == "." }) && !text.isEmpty { return text }
        do throws(DurationText.Invalid) {
            let ago = try DurationText.parse(text)
            let now = Moment.now
            let total = now.seconds * 1_000_000_000 + now.nanoseconds - ago
            return format(seconds: total / 1_000_000_000, nanoseconds: total % 1_000_000_000)
        } catch {
            guard let moment = parse(text) else {
                let complaint = "failed to parse value as time or duration: \(GoFormat.quote(text))"
                throw CommandFailure(flag.map { "invalid value for \"\($0)\": \(complaint)" } ?? complaint)
            }
            return format(seconds: moment.seconds, nanoseconds: moment.nanoseconds)
        }
    }

    private static func format(seconds: Int64, nanoseconds: Int64) -> String {
        "\(seconds).\(padded(nanoseconds, 9))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// A moment as Go's `Time.String` writes it: `2026-11-24 22:24:04 +0000 UTC`.
    static func goText(_ seconds: Int64, nanoseconds: Int64 = 0, isUTC: Bool = false) -> String {
        var time = time_t(seconds)
        var parts = tm()
        if isUTC { gmtime_r(&time, &parts) } else { localtime_r(&time, &parts) }
        var fraction = nanoseconds > 0 ? "." + padded(nanoseconds, 9) : ""
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return strftime("%Y-%m-%d %H:%M:%S", parts) + fraction + strftime(" %z %Z", parts).replacingGMT()
    }

    /// A moment as RFC 3339 in the machine's zone, with a fixed number of decimals: `2026-11-24T22:24:04.084211253Z`.
    static func rfc3339(_ seconds: Int64, nanoseconds: Int64? = nil) -> String {
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        let fraction = nanoseconds.map { "." + padded($0, 9) } ?? ""
        return strftime("%Y-%m-%dT%H:%M:%S", parts) + fraction + zone(parts)
    }

    private static func zone(_ parts: tm) -> String {
        let minutes = Int64(parts.tm_gmtoff) / 60
        if minutes == 0 { return "Z" }
        return (minutes < 0 ? "-" : "+") + padded(abs(minutes) / 60, 2) + ":" + padded(abs(minutes) % 60, 2)
    }

    /// A moment in the form of C's `asctime`, in UTC, which `docker version` uses.
    static func ansiC(_ moment: Moment) -> String {
        var time = time_t(moment.seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        return strftime("%a %b %e %H:%M:%S %Y", parts)
    }

    private static func strftime(_ format: String, _ parts: tm) -> String {
        var parts = parts
        var buffer = [CChar](repeating: 0, count: 128)
        let count = Glibc.strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension String {
    /// C says GMT where Go says UTC.
    fileprivate func replacingGMT() -> String { hasSuffix(" GMT") ? String(dropLast(3)) + "UTC" : self }
}
