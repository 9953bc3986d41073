import EngineAPI
import Kernel
import OCI
import Posix
import Registry
import Steps

/// An operation that the engine did not carry out, with the status and the text that its API answers.
public struct EngineFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The status of HTTP: 400 for a bad parameter, 404 for what does not exist, 409 for a conflict, 500 for the rest.
    public var status: Int
    /// The sentence for a person; where Docker has one, exactly Docker's.
    public var message: String
    /// The sentence.
    public var description: String { message }

    /// A failure.
    public init(status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    /// 400: a parameter can't be right.
    static func invalid(_ message: String) -> EngineFailure { EngineFailure(status: 400, message) }
    /// 404: there is no such object.
    static func notFound(_ message: String) -> EngineFailure { EngineFailure(status: 404, message) }
    /// 409: the object's state forbids it.
    static func conflict(_ message: String) -> EngineFailure { EngineFailure(status: 409, message) }
    /// 500: it went wrong here.
    static func system(_ message: String) -> EngineFailure { EngineFailure(status: 500, message) }
    /// 501: the engine does not do this yet, and says so.
    static func notYet(_ what: String) -> EngineFailure {
        EngineFailure(status: 501, "\(what) is not done yet in Drydock's engine")
    }

    /// The failure that an error of a lower layer means to a client.
    public init(wrapping error: any Error, doing operation: String) {
        switch error {
        case let failure as EngineFailure: self = failure
        case let error as OCIError: self.init(status: error.category.httpStatus, "\(error)")
        case let failure as RegistryFailure: self.init(status: failure.status, "\(failure)")
        case let stopped as StepsStopped: self.init(status: 409, "\(stopped)")
        case let error as ShapeError: self.init(status: 400, "\(error)")
        default: self.init(status: 500, "\(operation): \(error)")
        }
    }
}

extension OCIError.Category {
    /// The status of HTTP that stands for the category.
    var httpStatus: Int {
        switch self {
        case .notFound: 404
        case .conflict: 409
        case .invalidParameter: 400
        case .system: 500
        }
    }
}
