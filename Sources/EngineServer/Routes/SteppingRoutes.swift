import Engine
import EngineAPI
import HTTPMessages
import OrderedJSON
import Steps

/// Going through a command step by step: a gate at which its procedures wait, and the answers.
extension Routes {
    var stepping: [Route] {
        let node = node
        return [
            // The gate is open for as long as somebody listens here.
            Route("GET", DrydockAPI.steppingPath) { request, responder in
                let name = request["session"]
                guard name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
                    throw APIError.badRequest("a stepping session's name is letters and digits, not \"\(name)\"")
                }
                let queue = try StepQueue()
                guard
                    let gate = node.gates.open(name, onWait: { queue.add($0) }, onClose: { queue.finish() })
                else {
                    throw APIError(409, "there is a stepping session \(name) already")
                }
                defer { node.gates.close(gate) }
                queue.follow(node.steps) { gate.holds($0.operation) }
                defer { queue.end() }
                let stream = try responder.stream(contentType: "application/x-ndjson")
                while let records = queue.next(whileListening: request.descriptor) {
                    try stream.write(try records.flatMap { try Self.json($0).encoded() + [0x0A] })
                }
            },
            Route("DELETE", DrydockAPI.steppingPath) { request, responder in
                if let gate = node.gates.gate(named: request["session"]) { node.gates.close(gate) }
                try responder.send(204)
            },
            Route("POST", DrydockAPI.steppingPath) { request, responder in
                guard let gate = node.gates.gate(named: request["session"]) else {
                    throw APIError(404, "no such stepping session: \(request["session"])")
                }
                guard let answer = request.query["answer"].flatMap(StepGate.Answer.init) else {
                    throw APIError.badRequest("the answer can be next, run or stop")
                }
                gate.answer(answer)
                try responder.send(204)
            },
        ]
    }
}

extension Route {
    /// The route with a gate for those of its requests that ask for one.
    func stepped(on node: Node) -> Route {
        let handler = handler
        return Route(method, pattern, since: minimumVersion) { request, responder in
            guard let name = request.headers[DrydockAPI.stepHeader], !request.isExplain else {
                return try handler(request, responder)
            }
            guard let gate = node.gates.gate(named: name) else {
                throw APIError(404, "no such stepping session: \(name)")
            }
            // Who has gone answers no more.
            let watch = try request.whenClientGoes { responder.operation.map(gate.abandon) }
            defer { withExtendedLifetime(watch) {} }
            do { try handler(request, responder) } catch {
                if let operation = responder.operation { node.takeBack(stoppedOperation: operation, at: gate) }
                throw error
            }
        }
    }
}
