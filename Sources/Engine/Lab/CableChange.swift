public import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

/// What a teacher asks of a node's port on the cable; what is `nil` stays as it is.
public struct LinkRequest: Sendable, Equatable {
    /// Whether it is plugged in.
    public var isUp: Bool?
    /// How many of 10,000 frames are lost in each direction.
    public var loss: Int?
    /// Bits a second in each direction; 0 for no limit.
    public var rate: UInt64?
    /// How long each frame is held back in each direction, nanoseconds.
    public var delay: UInt64?

    /// A request from its JSON: `Up`, `Loss` (percent), `Rate` (bits a second), `Delay` (milliseconds).
    /// - Throws: ``EngineFailure`` for what can't be.
    public init(_ json: JSON) throws {
        isUp = json["Up"]?.bool
        if let percent = json["Loss"]?.double {
            guard (0...100).contains(percent) else { throw EngineFailure.invalid("a loss is between 0% and 100%") }
            loss = Int((percent * 100).rounded())
        }
        if let bits = json["Rate"]?.integer {
            guard bits == 0 || (8_000...100_000_000_000).contains(bits) else {
                throw EngineFailure.invalid("a rate is between 8kbit and 100gbit, or 0 for no limit")
            }
            rate = UInt64(bits)
        }
        if let milliseconds = json["Delay"]?.double {
            guard (0...60_000).contains(milliseconds) else {
                throw EngineFailure.invalid("a delay is between 0 and 60 seconds")
            }
            delay = UInt64(milliseconds * 1_000_000)
        }
    }

    /// The quality of a port that is changed as asked.
    func applied(to old: CableQuality) -> CableQuality {
        var new = old
        new.isUp = isUp ?? old.isUp
        new.loss = loss ?? old.loss
        if let rate { new.rate = rate == 0 ? nil : rate / 8 }
        new.delay = delay ?? old.delay
        return new
    }
}

extension Lab {
    /// Changes how well a node's port on the cable works.
    ///
    /// - Throws: ``EngineFailure``: 404 for no such node, 501 where the kernel lacks what is needed.
    public func changeLink(of name: String, _ request: LinkRequest, operation: String, teller: Node) throws {
        let node = try node(name)
        try changing.withLock { _ in
            guard let (step, new) = try changeStep(node, request) else { return }
            do {
                try teller.run(
                    Procedure(title: "change cable", object: name, steps: [step]), operation: operation)
            } catch let error as SystemError where error.code == ENOENT && new.delay > 0 {
                throw EngineFailure(
                    status: 501,
                    "--delay can't be had: this kernel holds no packets back (it was built without netem, "
                        + "CONFIG_NET_SCH_NETEM)")
            } catch { throw EngineFailure(wrapping: error, doing: "changing the cable of \(name)") }
        }
    }

    /// The plan of ``changeLink(of:_:operation:teller:)``: nothing where the cable is so already.
    public func planLink(of name: String, _ request: LinkRequest, asked: Node) throws -> [StepRecord] {
        guard let (step, _) = try changeStep(try node(name), request) else { return [] }
        return asked.plan(Procedure(title: "change cable", object: name, steps: [step]))
    }

    /// The step of a change, and what the port is like after it; `nil` if it is so already.
    private func changeStep(_ node: Node, _ request: LinkRequest) throws -> (Step, CableQuality)? {
        let name = node.configuration.name
        guard let old = cable.quality(of: name) else {
            throw EngineFailure.system("\(name) has no port on the cable")
        }
        let new = request.applied(to: old)
        return new == old ? nil : (changeStep(node, new, from: old), new)
    }

    private func changeStep(_ node: Node, _ new: CableQuality, from old: CableQuality) -> Step {
        let name = node.configuration.name
        let cable = cable
        let inside = node.namespace
        var commands: [String] = []
        if new.isUp != old.isUp { commands.append("ip link set \(name) \(new.isUp ? "up" : "down")") }
        if new.loss != old.loss {
            commands.append("nft … iifname \"\(name)\" numgen random mod 10000 < \(new.loss) drop")
        }
        if new.queue != old.queue {
            let queue = new.queue.map { queue in
                (queue.delay > 0 ? " netem delay \(queue.delay / 1_000_000)ms" : " tbf")
                    + (queue.rate.map { " rate \(Self.text(ofRate: $0))" } ?? "")
            }
            commands.append("tc qdisc \(queue == nil ? "delete" : "replace") dev \(name) root\(queue ?? "")")
        }
        return Step(
            .cableChange, command: commands.joined(separator: "; "),
            facts: [
                "node": .string(name), "up": .bool(new.isUp),
                "loss": new.loss > 0 ? .string(Self.text(ofLoss: new.loss)) : .null,
                "rate": new.rate.map { .string(Self.text(ofRate: $0)) } ?? .null,
                "delay": new.delay > 0 ? .string("\(new.delay / 1_000_000)ms") : .null,
            ]
        ) {
            do throws(SystemError) { try cable.set(new, for: name, inside: inside) } catch {
                // Half of it may have been done: both ends or none.
                try cable.restore(old, for: name, inside: inside)
                throw error
            }
            return StepOutcome(evidence: try Self.evidence(of: cable, name))
        }
    }

    private static func evidence(of cable: Cable, _ name: String) throws -> [Evidence] {
        let (link, queue, rules) = try cable.state(of: name)
        var evidence = [
            Evidence.link(
                name, link.map { "\($0.name) \($0.isUp ? "UP" : "DOWN")" }, at: Finding(.linkOnCable, name: name))
        ]
        evidence += rules.map { Evidence(source: "nft list table bridge drydock", text: $0) }
        if let queue {
            let rate = queue.rate.map { "rate \(text(ofRate: $0))" }
            let delay = queue.delay > 0 ? "delay \(queue.delay / 1_000_000)ms" : nil
            evidence.append(
                Evidence(
                    source: "rtnetlink RTM_GETQDISC \(name)",
                    text: [rate, delay].compactMap { $0 }.joined(separator: ", ")))
        }
        return evidence
    }

    /// What the kernel says of a node's port, as JSON: `Up`, `Loss` (percent), `Rate` (bits a second), `Delay` (ms).
    func linkState(of node: Node) throws -> JSON {
        let name = node.configuration.name
        let (link, queue, _) = try cable.state(of: name)
        let quality = cable.quality(of: name) ?? CableQuality()
        return [
            "Up": .bool(link?.isUp ?? false), "Loss": .double(Double(quality.loss) / 100),
            "Rate": .integer(Int64(clamping: (queue?.rate ?? 0) * 8)),
            "Delay": .double(Double(queue?.delay ?? 0) / 1_000_000),
        ]
    }

    /// A part of 10,000 as percent: `10%`, `0.5%`.
    private static func text(ofLoss loss: Int) -> String {
        let (whole, rest) = (loss / 100, loss % 100)
        if rest == 0 { return "\(whole)%" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)%" : "\(whole).\(rest < 10 ? "0" : "")\(rest)%"
    }

    /// Bytes a second as `tc(8)` writes them: `1mbit`.
    private static func text(ofRate rate: UInt64) -> String {
        let bits = rate * 8
        for (unit, name) in [(1_000_000_000, "gbit"), (1_000_000, "mbit"), (1000, "kbit")] as [(UInt64, String)]
        where bits % unit == 0 {
            return "\(bits / unit)\(name)"
        }
        return "\(bits)bit"
    }
}
