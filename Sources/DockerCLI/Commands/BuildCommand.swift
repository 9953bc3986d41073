/// `docker build`
enum BuildCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        throw CommandFailure(
            "\"docker \(context.parsed.path)\" is not done yet: the build context can't be packed here.")
    }
}
