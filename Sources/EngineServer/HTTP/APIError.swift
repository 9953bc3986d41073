/// An error as the API answers it: a status and a sentence, sent as `{"message":"…"}`.
public struct APIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status.
    public var status: Int
    /// The sentence.
    public var message: String

    /// Makes an error.
    public init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A request that can't be understood: 400.
    public static func badRequest(_ message: String) -> APIError { APIError(400, message) }
    /// Something that does not exist: 404.
    public static func notFound(_ message: String) -> APIError { APIError(404, message) }
    /// Something that the present state does not allow: 409.
    public static func conflict(_ message: String) -> APIError { APIError(409, message) }
    /// Something that this engine does not do yet, and says so: 501.
    public static func notImplemented(_ message: String) -> APIError { APIError(501, message) }
    /// A trouble of the engine itself: 500.
    public static func failure(_ message: String) -> APIError { APIError(500, message) }

    /// The sentence.
    public var description: String { message }
}
