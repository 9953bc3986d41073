/// A request as those who watch an engine are told of it.
public struct EngineRequest: Sendable {
    /// The engine that is asked.
    public var engine: EngineClient
    /// `POST`, `DELETE`, …
    public var method: String
    /// The path after the version: `/containers/web/start`.
    public var path: String
    /// Members of the query.
    public var query: [(String, String)]

    /// A request.
    public init(engine: EngineClient, method: String, path: String, query: [(String, String)]) {
        self.engine = engine
        self.method = method
        self.path = path
        self.query = query
    }
}
