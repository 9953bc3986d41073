import Glibc
import OrderedJSON
import Posix
import Steps
import Synchronization

/// Something that happened to a container, image, network or volume, as `docker events` tells it.
public struct Event: Sendable {
    /// `container`, `image`, `network`, `volume`, `daemon`
    public var type: String
    /// `create`, `start`, `die`, …
    public var action: String
    /// The object's identity.
    public var actor: String
    /// What else is told of it, sorted by name: `image`, `name`, `exitCode`.
    public var attributes: [String: String]
    /// Nanoseconds since 1970.
    public var time: Int64

    /// The object of the event stream (API: SystemEvents). The first members are those of API versions before 1.22,
    /// which clients still read.
    public var json: JSON {
        var object = JSONObject()
        if type == "container" || type == "image" {
            object["status"] = .string(action)
            object["id"] = .string(actor)
            if let from = attributes["image"] { object["from"] = .string(from) }
        }
        object["Type"] = .string(type)
        object["Action"] = .string(action)
        object["Actor"] = [
            "ID": .string(actor),
            "Attributes": .object(
                JSONObject(attributes.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
        object["scope"] = "local"
        object["time"] = .integer(time / 1_000_000_000)
        object["timeNano"] = .integer(time)
        return .object(object)
    }
}

/// The latest events, and those who listen for more.
final class EventLog: Sendable {
    private struct State {
        var events: [Event] = []
        /// The number of the first event that is kept.
        var first = 0
    }

    /// How many are kept: Docker keeps 256.
    private static let kept = 256
    private let state = Monitor(State())

    func publish(_ type: String, _ action: String, _ actor: String, _ attributes: [String: String] = [:]) {
        let event = Event(type: type, action: action, actor: actor, attributes: attributes, time: Clock.realtime())
        state.withLock { state in
            state.events.append(event)
            if state.events.count > Self.kept * 2 {
                state.first += Self.kept
                state.events.removeFirst(Self.kept)
            }
        }
    }

    /// The number that the next event will have.
    var end: Int { state.wait(for: { $0.first + $0.events.count }) ?? 0 }

    /// The events from a number on, without waiting.
    func events(from number: Int) -> (events: [Event], next: Int) {
        state.wait { state in
            (Array(state.events.dropFirst(max(0, number - state.first))), state.first + state.events.count)
        } ?? ([], number)
    }

    /// Waits for events from a number on.
    func wait(from number: Int, seconds: Double) -> (events: [Event], next: Int) {
        let found = state.wait(seconds: seconds) { state -> ([Event], Int)? in
            let end = state.first + state.events.count
            return end > number ? (Array(state.events.dropFirst(max(0, number - state.first))), end) : nil
        }
        return found ?? ([], number)
    }
}
