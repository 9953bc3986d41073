public import Narration
public import OrderedJSON

/// The lab, drawn as a tree of ASCII characters: the cable, its nodes, their bridges and tunnels, and the containers at
/// the other ends of their cables.
public struct TopologyDrawing: Sendable {
    /// The drawing, ending in a line feed.
    public let text: String

    /// Draws what the engine says of the lab.
    ///
    /// - Parameters:
    ///   - lab: The answer of `/drydock/topology`.
    ///   - language: The language of the words.
    ///   - columns: The terminal's width; 40 at least is used.
    public init(_ lab: JSON, language: Language, columns: Int) {
        let words = Words(language: language)
        let nodes = (lab["Nodes"]?.array ?? []).map { Self.node($0, words) }
        let cable = lab["Cable"]
        let root = Branch([words.cable, cable?["Bridge"]?.string ?? "", cable?["Subnet"]?.string ?? ""], nodes)
        var lines: [String] = []
        root.draw(into: &lines, columns: max(columns, 40), lead: "", inner: "")
        text = lines.joined(separator: "\n") + "\n"
    }

    // MARK: Branches

    /// A thing with what hangs on it.
    private struct Branch {
        /// What is said of it; where the line is full, the rest goes on below.
        var parts: [String]
        var children: [Branch]
        /// Whether the line that leads to it is cut.
        var isCut = false

        init(_ parts: [String], _ children: [Branch] = [], isCut: Bool = false) {
            self.parts = parts.filter { !$0.isEmpty }
            self.children = children
            self.isCut = isCut
        }

        func draw(into lines: inout [String], columns: Int, lead: String, inner: String) {
            let below = inner + (children.isEmpty ? "    " : "|   ")
            var line = lead
            var isEmpty = true
            for part in parts {
                let fits = DisplayWidth.of(line) + 2 + DisplayWidth.of(part) <= columns
                if !isEmpty, !fits {
                    lines.append(line)
                    line = below
                    isEmpty = true
                }
                line += (isEmpty ? "" : "  ") + Self.cut(part, to: columns - DisplayWidth.of(line) - (isEmpty ? 0 : 2))
                isEmpty = false
            }
            lines.append(line)
            for (index, child) in children.enumerated() {
                let isLast = index == children.count - 1
                child.draw(
                    into: &lines, columns: columns, lead: inner + (child.isCut ? "+-X " : "+-- "),
                    inner: inner + (isLast ? "    " : "|   "))
            }
        }

        /// A text that takes at most so many columns.
        private static func cut(_ text: String, to columns: Int) -> String {
            guard DisplayWidth.of(text) > columns else { return text }
            var kept = ""
            for character in text where DisplayWidth.of(kept) + DisplayWidth.of(String(character)) <= columns - 2 {
                kept.append(character)
            }
            return kept + ".."
        }
    }

    // MARK: What is drawn

    private static func node(_ node: JSON, _ words: Words) -> Branch {
        var children = (node["Networks"]?.array ?? []).map { network($0, words) }
        for (member, text) in [("HostContainers", words.host), ("LoneContainers", words.alone)] {
            let names = (node[member]?.array ?? []).compactMap(\.string)
            if !names.isEmpty { children.append(Branch([text] + names)) }
        }
        if let uplink = node["Uplink"] {
            func text(_ member: String) -> String { uplink[member]?.string ?? "" }
            let ends = "\(text("Interface")) == \(text("MachineInterface"))"
            children.append(
                Branch([ends, text("Address"), words.toMachine], isCut: uplink["Up"]?.bool != true))
        }
        let link = node["Link"]
        let isUp = link?["Up"]?.bool == true
        return Branch(
            [node["Name"]?.string ?? "", "\(node["Interface"]?.string ?? "") \(node["Address"]?.string ?? "")"]
                + words.disturbances(link), children, isCut: !isUp)
    }

    private static func network(_ network: JSON, _ words: Words) -> Branch {
        let name = network["Name"]?.string ?? ""
        let driver = network["Driver"]?.string ?? ""
        let interface = network["Interface"]?.string ?? ""
        let isUp = network["Up"]?.bool == true
        var parts: [String]
        switch driver {
        case "overlay":
            parts = [name, "overlay", "VNI \(network["VNI"]?.integer ?? 0)"]
            parts += isUp ? [network["Tunnel"]?.string ?? "", interface] : [words.noTunnel]
        case "macvlan", "ipvlan": parts = [name, "\(driver) \(network["Mode"]?.string ?? "")", words.on(interface)]
        default:
            let addresses = (network["Addresses"]?.array ?? []).compactMap(\.string)
            parts = [interface] + addresses + (name == "bridge" ? [] : [name])
            if network["Internal"]?.bool == true { parts.append(words.isInternal) }
        }
        let containers = (network["Containers"]?.array ?? []).map {
            container($0, hasCable: driver != "macvlan", words)
        }
        return Branch(parts, containers)
    }

    private static func container(_ container: JSON, hasCable: Bool, _ words: Words) -> Branch {
        let inside = container["Interface"]?.string ?? ""
        let ends = hasCable ? "\(container["NodeLink"]?.string ?? "") == \(inside)" : inside
        let addresses = (container["Addresses"]?.array ?? []).compactMap(\.string)
        let ports = (container["Ports"]?.array ?? []).map { port in
            let onMachine = (port["OnMachine"]?.array ?? []).compactMap(\.string)
            let onNode = port["OnNode"]?.bool == true ? [words.port(port["NodePort"]?.integer ?? 0)] : []
            return Branch(onNode + onMachine + ["-> " + (port["Port"]?.string ?? "")])
        }
        return Branch([ends, container["Name"]?.string ?? ""] + addresses, ports)
    }

    /// The words of the drawing.
    private struct Words {
        let language: Language
        private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }
        var cable: String { say("cable", "케이블") }
        var host: String { say("network of the node itself:", "노드의 네트워크를 쓰는 컨테이너:") }
        var alone: String { say("without a network:", "네트워크가 없는 컨테이너:") }
        var noTunnel: String { say("not in use here", "이 노드에서는 쓰지 않음") }
        var toMachine: String { say("to your machine, and out", "이 컴퓨터를 거쳐 바깥으로") }
        var isInternal: String { say("internal", "내부용") }
        func on(_ parent: String) -> String { say("on \(parent)", "\(parent) 위") }
        func port(_ number: Int64) -> String { say("port \(number)", "\(number)번 포트") }

        func disturbances(_ link: JSON?) -> [String] {
            var parts: [String] = []
            if link?["Up"]?.bool != true { parts.append(say("(unplugged)", "(끊김)")) }
            if let loss = link?["Loss"]?.double, loss > 0 {
                let text = LinkValue.text(ofPercent: loss)
                parts.append(say("loses \(text)", "손실 \(text)"))
            }
            if let rate = link?["Rate"]?.integer, rate > 0 {
                let text = LinkValue.text(ofRate: rate)
                parts.append(say("at most \(text)", "최대 \(text)"))
            }
            if let delay = link?["Delay"]?.double, delay > 0 {
                parts.append(say("held back \(Int(delay))ms", "지연 \(Int(delay))ms"))
            }
            return parts
        }
    }
}
