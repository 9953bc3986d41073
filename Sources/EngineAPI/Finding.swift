/// What was found at a place, or which place it was, where the kernel has no words for it: a fact with a code, that can
/// be said in any language.
public struct Finding: Sendable, Hashable, Codable {
    /// What it is.
    public enum Code: String, Sendable, Codable, CaseIterable {
        // What was looked for and is not there
        case noDirectory, noFile, noProcess, noLink, noImage, noEntry, noEntries, noElements, noRule, noMembers
        /// No socket was opened, on a simulated kernel; `name` says for which ports.
        case noSocket
        /// A record does not name `name` any more.
        case notNamed
        // What is there
        case stillThere, imageStays
        /// The process of a program that has ended already.
        case ended
        /// A directory with nothing in it.
        case empty
        /// All processes of a control group stand still, or none does.
        case frozen, thawed
        /// A directory with `count` things in it; `name` is the layer that it is of.
        case entries
        /// An image with `count` layers.
        case layers
        /// The image `name` with `count` layers, made of the image `other`.
        case committed
        /// `count` bytes; `name` is their digest.
        case bytes
        /// A directory in a container's tree.
        case directory
        /// A file of `count` bytes in a container's tree.
        case file
        /// The address `name` can be given to somebody else.
        case free
        /// An address that somebody has.
        case inUse
        // Places
        /// The network namespace of the node `name`.
        case networkNamespace
        /// The addresses that the network `name` has given.
        case addresses
        /// The link `name` as the cable's namespace has it.
        case linkOnCable
        /// A socket in the container.
        case socketInContainer
        /// The simulated kernel, which has no places.
        case simulated
    }

    /// What it is.
    public var code: Code
    /// How many.
    public var count: Int64?
    /// Whose.
    public var name: String?
    /// What else has to do with it.
    public var other: String?

    /// A finding.
    public init(_ code: Code, count: Int64? = nil, name: String? = nil, other: String? = nil) {
        self.code = code
        self.count = count
        self.name = name
        self.other = other
    }

    /// The finding in plain English: what the API's records show to those who ask for no other language.
    public var text: String {
        let count = count ?? 0
        let name = name ?? ""
        return switch code {
        case .noDirectory: "no such directory"
        case .noFile: "no such file"
        case .noProcess: "no such process"
        case .noLink: "no such link"
        case .noImage: "no such image"
        case .noEntry: name.isEmpty ? "no entry" : "\(name): no entry"
        case .noEntries: "no entries"
        case .noElements: "no elements"
        case .noRule: "no rule"
        case .noMembers: "no members"
        case .noSocket: name.isEmpty ? "no socket was opened" : "no socket was opened for \(name)"
        case .notNamed: "no \(name)"
        case .stillThere: name.isEmpty ? "still there" : "\(name): still there"
        case .imageStays: "the image is still there"
        case .ended: "ended already"
        case .empty: "empty"
        case .frozen: "frozen"
        case .thawed: "not frozen"
        case .committed: "\(name) \(count) layers, parent \(other ?? "")"
        case .entries: (name.isEmpty ? "" : name + " ") + (count == 1 ? "1 entry" : "\(count) entries")
        case .layers: count == 1 ? "1 layer" : "\(count) layers"
        case .bytes: "\(count) bytes" + (name.isEmpty ? "" : ", \(name)")
        case .directory: "a directory"
        case .file: "a file of \(count) bytes"
        case .free: "\(name) is free"
        case .inUse: "in use"
        case .networkNamespace: "\(name)'s network namespace"
        case .addresses: "addresses of \(name)"
        case .linkOnCable: "rtnetlink RTM_GETLINK \(name) on the cable"
        case .socketInContainer: "getsockname in the container"
        case .simulated: "simulated"
        }
    }
}

extension Evidence {
    /// Evidence that the kernel has no words for.
    public init(source: String, _ finding: Finding) {
        self.init(source: source, text: finding.text)
        self.finding = finding
    }

    /// Evidence from a place that has no path.
    public init(_ place: Finding, text: String) {
        self.init(source: place.text, text: text)
        self.place = place
    }

    /// Evidence from a place that has no path, that the kernel has no words for.
    public init(_ place: Finding, _ finding: Finding) {
        self.init(source: place.text, text: finding.text)
        self.place = place
        self.finding = finding
    }
}
