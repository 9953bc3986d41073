import Synchronization

/// Tells how much of a build context has been sent, in one line that is written over, as Docker's client does.
final class ContextProgress: Sendable {
    private struct State {
        var sent: Int64 = 0
        var told: Int64 = 0
        var time: ContinuousClock.Instant?
    }
    private let state = Mutex(State())
    private let write: @Sendable (String) -> Void

    /// How many bytes pass before the line changes.
    private static let stride: Int64 = 512 * 1024
    /// How long it stays at least.
    private static let interval = Duration.milliseconds(100)

    /// - Parameter write: Shows a text.
    init(write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// Is told how many bytes have gone.
    func sent(_ count: Int64) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            state.sent = count
            guard count - state.told > Self.stride, state.time.map({ now - $0 >= Self.interval }) ?? true else {
                return false
            }
            (state.told, state.time) = (count, now)
            return true
        }
        if isDue { write(Self.line(count) + "\r") }
    }

    /// Shows how much it was in all. Where nothing was sent, because nobody was there, there is nothing to tell.
    /// - Returns: What was shown.
    func end() -> String {
        let count = state.withLock { $0.sent }
        if count == 0 { return "" }
        let text = Self.line(count) + "\r\r\n"
        write(text)
        return text
    }

    private static func line(_ count: Int64) -> String {
        let size = SizeText.humanPrecise(Double(count))
        return "Sending build context to Docker daemon \(String(repeating: " ", count: max(0, 8 - size.count)))\(size)"
    }
}
