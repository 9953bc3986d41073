/// A command that Docker's client has, as this client does it.
protocol DockerCommand {
    /// Does it.
    ///
    /// - Returns: The exit code.
    /// - Throws: ``CommandFailure``, or an error of the engine or of the connection, which the caller reports.
    static func run(_ context: CommandContext) throws -> Int32
}

/// Which type does which command of the grammar.
enum CommandTable {
    /// Runs a command.
    static func run(_ id: CommandID, _ context: CommandContext) throws -> Int32 { try type(of: id).run(context) }

    private static func type(of id: CommandID) -> any DockerCommand.Type {
        switch id {
        case .containerRun: RunCommand.self
        case .containerCreate: CreateCommand.self
        case .containerStart: StartCommand.self
        case .containerAttach: AttachCommand.self
        case .containerExec: ExecCommand.self
        case .containerLogs: LogsCommand.self
        case .containerStop: StopCommand.self
        case .containerRestart: RestartCommand.self
        case .containerKill: KillCommand.self
        case .containerPause: PauseCommand.self
        case .containerUnpause: UnpauseCommand.self
        case .containerRm: RemoveContainerCommand.self
        case .containerRename: RenameCommand.self
        case .containerWait: WaitCommand.self
        case .containerLs: ListContainersCommand.self
        case .containerInspect: InspectContainerCommand.self
        case .containerTop: TopCommand.self
        case .containerDiff: DiffCommand.self
        case .containerPort: PortCommand.self
        case .containerUpdate: UpdateCommand.self
        case .containerCommit: CommitCommand.self
        case .containerExport: ExportCommand.self
        case .containerCp: CopyCommand.self
        case .containerPrune: PruneContainersCommand.self
        case .containerStats: StatsCommand.self
        case .imageLs: ListImagesCommand.self
        case .imageInspect: InspectImageCommand.self
        case .imageHistory: HistoryCommand.self
        case .imageRm: RemoveImageCommand.self
        case .imageLoad: LoadCommand.self
        case .imageSave: SaveCommand.self
        case .imageImport: ImportCommand.self
        case .imageTag: TagCommand.self
        case .imagePull: PullCommand.self
        case .imagePush: PushCommand.self
        case .imagePrune: PruneImagesCommand.self
        case .imageBuild: BuildCommand.self
        case .builderPrune: PruneBuildCacheCommand.self
        case .networkCreate: CreateNetworkCommand.self
        case .networkLs: ListNetworksCommand.self
        case .networkInspect: InspectNetworkCommand.self
        case .networkRm: RemoveNetworkCommand.self
        case .networkConnect: ConnectNetworkCommand.self
        case .networkDisconnect: DisconnectNetworkCommand.self
        case .networkPrune: PruneNetworksCommand.self
        case .swarmInit: InitSwarmCommand.self
        case .swarmJoin: JoinSwarmCommand.self
        case .swarmJoinToken: JoinTokenCommand.self
        case .swarmLeave: LeaveSwarmCommand.self
        case .nodeLs: ListNodesCommand.self
        case .nodeRm: RemoveNodeCommand.self
        case .volumeCreate: CreateVolumeCommand.self
        case .volumeLs: ListVolumesCommand.self
        case .volumeInspect: InspectVolumeCommand.self
        case .volumeRm: RemoveVolumeCommand.self
        case .volumePrune: PruneVolumesCommand.self
        case .volumeUpdate: UpdateVolumeCommand.self
        case .systemInfo: InfoCommand.self
        case .systemEvents: EventsCommand.self
        case .systemDf: DiskUsageCommand.self
        case .systemPrune: PruneSystemCommand.self
        case .version: VersionCommand.self
        case .inspect: InspectCommand.self
        case .search: SearchCommand.self
        case .login: LoginCommand.self
        case .logout: LogoutCommand.self
        case .manifestInspect: InspectManifestCommand.self
        case .manifestAnnotate, .manifestCreate, .manifestPush, .manifestRm: UnfinishedCommand.self
        }
    }
}

/// A command that the grammar knows and nothing does yet.
enum UnfinishedCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        throw CommandFailure("\"docker \(context.parsed.path)\" is not done yet.")
    }
}
