import OrderedJSON

/// The columns of `docker ps`.
enum ContainerRows {
    static let headings = [
        "ID": "CONTAINER ID", "Names": "NAMES", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT",
        "RunningFor": "CREATED", "Ports": "PORTS", "State": "STATE", "Status": "STATUS", "Size": "SIZE",
        "Labels": "LABELS", "Mounts": "MOUNTS", "LocalVolumes": "LOCAL VOLUMES", "Networks": "NETWORKS",
        "Platform": "PLATFORM",
    ]

    static func row(_ container: JSON, truncates: Bool) -> TemplateRow {
        let created = container["Created"]?.integer ?? 0
        let labels = container["Labels"]?.object ?? JSONObject()
        let mounts = container["Mounts"]?.array ?? []
        let id = container["Id"]?.string ?? ""
        let command = container["Command"]?.string ?? ""
        var row = TemplateRow(
            "*formatter.ContainerContext",
            [
                ("ID", .string(truncates ? Truncation.id(id) : id)),
                ("Names", .string(names(container, truncates: truncates))),
                ("Image", .string(image(container, truncates: truncates))),
                ("Command", .string(GoFormat.quote(truncates ? Truncation.ellipsis(command, width: 20) : command))),
                ("CreatedAt", .string(Timestamps.goText(created))),
                (
                    "RunningFor",
                    .string(
                        DurationText.human(seconds: Timestamps.Moment(seconds: created, nanoseconds: 0).age) + " ago")
                ),
                ("Ports", .string(ports(container["Ports"]?.array ?? []))),
                ("State", .string(container["State"]?.string ?? "")),
                ("Status", .string(container["Status"]?.string ?? "")),
                ("Size", .string(size(container))),
                ("Labels", .string(RowText.labels(labels))),
                ("Mounts", .string(self.mounts(mounts, truncates: truncates))),
                ("LocalVolumes", .string(String(mounts.count { $0["Driver"]?.string == "local" }))),
                (
                    "Networks",
                    .string((container["NetworkSettings"]?["Networks"]?.object?.names ?? []).joined(separator: ","))
                ),
                ("Platform", .null),
            ])
        row.lookups["Label"] = { .string(labels[$0]?.string ?? "") }
        return row
    }

    private static func names(_ container: JSON, truncates: Bool) -> String {
        let names = (container["Names"]?.array ?? []).compactMap(\.string).map {
            $0.hasPrefix("/") ? String($0.dropFirst()) : $0
        }
        // A name with a slash is one that a link gave.
        return (truncates ? names.filter { !$0.contains("/") } : names).joined(separator: ",")
    }

    private static func image(_ container: JSON, truncates: Bool) -> String {
        let image = container["Image"]?.string ?? ""
        if image.isEmpty { return "<no image>" }
        guard truncates else { return image }
        let id = Truncation.id(container["ImageID"]?.string ?? "")
        if id == Truncation.id(image) { return id }
        return image.firstIndex(of: "@").map { String(image[..<$0]) } ?? image
    }

    private static func size(_ container: JSON) -> String {
        let own = SizeText.human(container["SizeRw"]?.double ?? 0)
        guard let whole = container["SizeRootFs"]?.double, whole > 0 else { return own }
        return "\(own) (virtual \(SizeText.human(whole)))"
    }

    private static func mounts(_ mounts: [JSON], truncates: Bool) -> String {
        mounts.map { mount in
            let name = mount["Name"]?.string ?? ""
            let shown = name.isEmpty ? mount["Source"]?.string ?? "" : name
            return truncates ? Truncation.ellipsis(shown, width: 15) : shown
        }.joined(separator: ",")
    }

    /// Ports as a list in which neighbours are drawn together: `0.0.0.0:80-82->80-82/tcp, 99/tcp`.
    static func ports(_ list: [JSON]) -> String {
        struct Port {
            var address, transport: String
            var inside, outside: Int64
        }
        let ports = list.map { port in
            Port(
                address: port["IP"]?.string ?? "", transport: port["Type"]?.string ?? "",
                inside: port["PrivatePort"]?.integer ?? 0, outside: port["PublicPort"]?.integer ?? 0)
        }.sorted {
            ($0.inside, $0.address, $0.outside, $0.transport) < ($1.inside, $1.address, $1.outside, $1.transport)
        }
        var groups: [(address: String, transport: String, first: Int64, last: Int64)] = []
        var result: [String] = []
        var mappings: [String] = []
        func text(_ group: (address: String, transport: String, first: Int64, last: Int64)) -> String {
            let range = group.first == group.last ? "\(group.first)" : "\(group.first)-\(group.last)"
            if group.address.isEmpty { return "\(range)/\(group.transport)" }
            return "\(RowText.hostPort(group.address, range))->\(range)/\(group.transport)"
        }
        for port in ports {
            if !port.address.isEmpty && port.outside != port.inside {
                let outside = RowText.hostPort(port.address, String(port.outside))
                mappings.append("\(outside)->\(port.inside)/\(port.transport)")
                continue
            }
            let index = groups.firstIndex { $0.address == port.address && $0.transport == port.transport }
            guard let index else {
                groups.append((port.address, port.transport, port.inside, port.inside))
                continue
            }
            if port.inside == groups[index].last + 1 {
                groups[index].last = port.inside
            } else {
                result.append(text(groups[index]))
                groups[index].first = port.inside
                groups[index].last = port.inside
            }
        }
        return (result + groups.map(text) + mappings).joined(separator: ", ")
    }
}

/// Texts that several tables share.
enum RowText {
    /// Labels as `a=b,c=d`, sorted.
    static func labels(_ labels: JSONObject) -> String {
        labels.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value.string ?? "")" }.joined(separator: ",")
    }

    /// An address and a port, the address in brackets if it is of IPv6.
    static func hostPort(_ address: String, _ port: String) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
