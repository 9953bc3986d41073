import OrderedJSON
import Posix

/// The tag of a log's lines (`--log-opt tag=…`): a text with facts of the container in double braces, `{{.Name}}/{{.ID}}`.
enum LogTag {
    /// What a tag may name.
    struct Container: Sendable {
        var id: String, name: String, image: String, imageName: String
        /// The program with its arguments.
        var command: String
        var host: String

        /// One to try a tag with before there is a container.
        static let example = Container(id: "", name: "", image: "", imageName: "", command: "", host: "")

        private init(id: String, name: String, image: String, imageName: String, command: String, host: String) {
            (self.id, self.name, self.image) = (id, name, image)
            (self.imageName, self.command, self.host) = (imageName, command, host)
        }

        /// The facts of a container.
        init(_ container: Engine.Container) throws {
            let definition = container.life.current.definition
            self.init(
                id: container.id, name: definition.name, image: definition.image, imageName: definition.imageReference,
                command: ([definition.path] + definition.arguments).joined(separator: " "),
                host: try Files.text("/proc/sys/kernel/hostname").trimmedEnd)
        }

        /// A fact by the name of Docker's method or member; `nil` for one that there is not.
        func fact(_ name: String) -> String? {
            switch name {
            case "ID": String(id.prefix(12))
            case "FullID", "ContainerID": id
            case "Name": self.name
            case "ContainerName": "/" + self.name
            // With the algorithm's name counted, as Docker counts.
            case "ImageID": String(image.prefix(12))
            case "ImageFullID", "ContainerImageID": image
            case "ImageName", "ContainerImageName": imageName
            case "Command": command
            case "Hostname": host
            case "DaemonName": "docker"
            default: nil
            }
        }
    }

    /// The tag of a container; empty for an empty template.
    ///
    /// - Throws: ``EngineFailure`` for braces that hold no more than one known fact: of Go's templates, that is what a tag
    ///   needs.
    static func text(_ template: String, of container: Container) throws -> String {
        var text = ""
        var rest = template[...]
        while let opening = rest.firstRange(of: "{{") {
            text += rest[..<opening.lowerBound]
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: "}}") else {
                throw EngineFailure.invalid(
                    "failed to initialize logging driver: template: log-tag:1: unclosed action")
            }
            let action = rest[..<closing.lowerBound].filter { $0 != " " }
            rest = rest[closing.upperBound...]
            guard action.hasPrefix("."), let fact = container.fact(String(action.dropFirst())) else {
                throw EngineFailure.invalid(
                    "failed to initialize logging driver: template: log-tag:1: \"\(action)\" is no fact of a container; "
                        + ".ID, .FullID, .Name, .ImageID, .ImageFullID, .ImageName, .Command, .Hostname and .DaemonName are"
                )
            }
            text += fact
        }
        return text + rest
    }
}

extension String {
    fileprivate var trimmedEnd: String { String(reversed().drop(while: \.isWhitespace).reversed()) }
}
