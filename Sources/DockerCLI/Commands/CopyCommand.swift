/// `docker cp`
enum CopyCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 { try UnfinishedCommand.run(context) }
}
/// `docker build`
enum BuildCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 { try UnfinishedCommand.run(context) }
}
