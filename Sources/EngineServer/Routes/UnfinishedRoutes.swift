import OrderedJSON

/// What Docker's engine offers and this one does not: the client is told so in a sentence, never left with a silent
/// success or a puzzling 404.
extension Routes {
    /// Endpoints that are still to come, with what a user would call them.
    static var unfinished: [Route] {
        let missing: [(method: String, pattern: String, what: String)] = [
            ("GET", "/containers/{name}/attach/ws", "attaching over a WebSocket"),
            ("POST", "/containers/{name}/checkpoints", "making checkpoints"),
            ("GET", "/containers/{name}/checkpoints", "listing checkpoints"),
            ("DELETE", "/containers/{name}/checkpoints/{checkpoint}", "removing checkpoints"),
            ("GET", "/system/df", "measuring disk usage"),
            ("POST", "/plugins/pull", "installing plugins"),
            ("POST", "/plugins/create", "creating plugins"),
        ]
        return missing.map { entry in
            Route(entry.method, entry.pattern) { _, _ in
                throw APIError.notImplemented("\(entry.what) is not done yet in Drydock's engine")
            }
        }
    }
}
