import Engine
import HTTPMessages
import OrderedJSON

/// The engine itself (API: System).
extension Routes {
    var system: [Route] {
        let ping: Headers = [
            "Builder-Version": "1", "Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache",
            "Swarm": "inactive",
        ]
        return [
            Route("GET", "/_ping") { _, responder in
                try responder.send(bytes: Array("OK".utf8), contentType: "text/plain; charset=utf-8", headers: ping)
            },
            Route("HEAD", "/_ping") { _, responder in
                try responder.send(bytes: [], contentType: "text/plain; charset=utf-8", headers: ping)
            },
        ]
    }
}
