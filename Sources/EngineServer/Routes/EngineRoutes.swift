public import Engine
import EngineAPI
import OrderedJSON
import Steps

/// The Docker Engine API of a node, as a routing table.
public enum EngineRoutes {
    /// The router of a node.
    /// - Parameter lab: The lab that it belongs to; without one there is nothing to add nodes to.
    public static func router(for node: Node, lab: LabServer? = nil) -> Router {
        Router(
            table(for: node, lab: lab), minimumVersion: APIVersion(DrydockAPI.minimumVersion),
            maximumVersion: APIVersion(DrydockAPI.version))
    }

    /// All routes of a node.
    public static func table(for node: Node, lab: LabServer? = nil) -> [Route] {
        let routes = Routes(node: node, lab: lab)
        let engine =
            routes.system + routes.nodeRoutes + routes.labRoutes + routes.steps + routes.containers
            + routes.containerStreams
            + routes.execs + routes.images + routes.registryRoutes + routes.labRegistryRoutes
            + routes.networks + routes.volumes
            + routes.observation + routes.prunes
            + routes.archives + routes.builds + Routes.unfinished + routes.swarm
        return engine.map { $0.stepped(on: node) } + routes.stepping
    }

    /// The answer that an error of the engine means, for ``EngineServer/Configuration/translate``.
    public static func translate(_ error: any Error) -> APIError {
        if let error = error as? APIError { return error }
        let failure = EngineFailure(wrapping: error, doing: "answering a request")
        return APIError(failure.status, failure.message)
    }
}

/// The routes, grouped as in Docker's reference; each file of this directory adds a group.
struct Routes: Sendable {
    let node: Node
    var lab: LabServer?

    /// A route whose request changes something: its steps belong to an operation that the answer names, and a request
    /// that asks for a plan gets the plan and nothing else.
    ///
    /// - Parameters:
    ///   - plan: The planned steps; without it, asking for a plan is refused, because performing instead would be wrong.
    ///   - perform: Does it and answers. The operation's identity is given.
    static func change(
        _ method: String, _ pattern: String, since version: APIVersion? = nil,
        plan: (@Sendable (Request) throws -> [StepRecord])? = nil,
        perform: @escaping @Sendable (Request, Responder, _ operation: String) throws -> Void
    ) -> Route {
        Route(method, pattern, since: version) { request, responder in
            if request.isExplain {
                guard let plan else {
                    throw APIError.notImplemented("\(method) \(pattern) can't be explained yet; nothing was done")
                }
                return try responder.send(json: .array(try plan(request).map(json)))
            }
            let operation = StepRunner.newOperation(through: request.headers[DrydockAPI.stepHeader])
            responder.operation = operation
            try perform(request, responder, operation)
        }
    }

    /// A route that only reads: it has an operation where the client wants to be told of it.
    static func reading(
        _ method: String, _ pattern: String,
        perform: @escaping @Sendable (Request, Responder, _ operation: String?) throws -> Void
    ) -> Route {
        Route(method, pattern) { request, responder in
            let operation = request.headers[DrydockAPI.tellHeader] == nil ? nil : StepRunner.newOperation()
            responder.operation = operation
            try perform(request, responder, operation)
        }
    }

    /// A request that would change something and of which there are no steps to tell: it has no plan, and a request
    /// for one must not do it.
    static func withoutSteps(
        _ method: String, _ pattern: String, perform: @escaping @Sendable (Request, Responder) throws -> Void
    ) -> Route {
        Route(method, pattern) { request, responder in
            if request.isExplain { return try responder.send(json: []) }
            try perform(request, responder)
        }
    }

    /// A step's record as the API sends it.
    static func json(_ record: StepRecord) throws -> JSON { try JSON(encoding: record, keys: .asDeclared) }
}

extension Request {
    /// The containers and images that earlier requests of the command that is planned would have removed.
    var goneByThen: Set<String> {
        Set((headers[DrydockAPI.explainGoneHeader] ?? "").split(separator: ",").map(String.init))
    }
}
