// What Docker has and Drydock does not, so that help lists it and a learner is told why.

extension CommandSpec {
    /// The groups that belong to a cluster of real hosts, or to what Drydock leaves out: known by name, refused with the reason.
    static let leftOut: [CommandSpec] = [
        CommandSpec(
            group: "checkpoint", summary: "Manage checkpoints", status: .refused(leftOutReason("checkpoint")),
            subcommands: [
                CommandSpec(
                    leftOut: "create", of: "checkpoint", summary: "Create a checkpoint from a running container"),
                CommandSpec(leftOut: "ls", of: "checkpoint", summary: "List checkpoints for a container"),
                CommandSpec(leftOut: "rm", of: "checkpoint", summary: "Remove a checkpoint"),
            ]),
        CommandSpec(
            group: "config", summary: "Manage Swarm configs", status: .refused(leftOutReason("config")),
            subcommands: [
                CommandSpec(leftOut: "create", of: "config", summary: "Create a config from a file or STDIN"),
                CommandSpec(
                    leftOut: "inspect", of: "config", summary: "Display detailed information on one or more configs"),
                CommandSpec(leftOut: "ls", of: "config", summary: "List configs"),
                CommandSpec(leftOut: "rm", of: "config", summary: "Remove one or more configs"),
            ]),
        CommandSpec(
            group: "context", summary: "Manage contexts", status: .refused(leftOutReason("context")),
            subcommands: [
                CommandSpec(leftOut: "create", of: "context", summary: "Create a context"),
                CommandSpec(
                    leftOut: "export", of: "context",
                    summary: "Export a context to a tar archive FILE or a tar stream on STDOUT."),
                CommandSpec(leftOut: "import", of: "context", summary: "Import a context from a tar or zip file"),
                CommandSpec(
                    leftOut: "inspect", of: "context", summary: "Display detailed information on one or more contexts"),
                CommandSpec(leftOut: "ls", of: "context", summary: "List contexts"),
                CommandSpec(leftOut: "rm", of: "context", summary: "Remove one or more contexts"),
                CommandSpec(leftOut: "show", of: "context", summary: "Print the name of the current context"),
                CommandSpec(leftOut: "update", of: "context", summary: "Update a context"),
                CommandSpec(leftOut: "use", of: "context", summary: "Set the current docker context"),
            ]),
        CommandSpec(
            group: "plugin", summary: "Manage plugins", status: .refused(leftOutReason("plugin")),
            subcommands: [
                CommandSpec(
                    leftOut: "create", of: "plugin",
                    summary: """
                        Create a plugin from a rootfs and configuration. Plugin data directory must \
                        contain config.json and rootfs directory.
                        """),
                CommandSpec(leftOut: "disable", of: "plugin", summary: "Disable a plugin"),
                CommandSpec(leftOut: "enable", of: "plugin", summary: "Enable a plugin"),
                CommandSpec(
                    leftOut: "inspect", of: "plugin", summary: "Display detailed information on one or more plugins"),
                CommandSpec(leftOut: "install", of: "plugin", summary: "Install a plugin"),
                CommandSpec(leftOut: "ls", of: "plugin", summary: "List plugins"),
                CommandSpec(leftOut: "push", of: "plugin", summary: "Push a plugin to a registry"),
                CommandSpec(leftOut: "rm", of: "plugin", summary: "Remove one or more plugins"),
                CommandSpec(leftOut: "set", of: "plugin", summary: "Change settings for a plugin"),
                CommandSpec(leftOut: "upgrade", of: "plugin", summary: "Upgrade an existing plugin"),
            ]),
        CommandSpec(
            group: "secret", summary: "Manage Swarm secrets", status: .refused(leftOutReason("secret")),
            subcommands: [
                CommandSpec(
                    leftOut: "create", of: "secret", summary: "Create a secret from a file or STDIN as content"),
                CommandSpec(
                    leftOut: "inspect", of: "secret", summary: "Display detailed information on one or more secrets"),
                CommandSpec(leftOut: "ls", of: "secret", summary: "List secrets"),
                CommandSpec(leftOut: "rm", of: "secret", summary: "Remove one or more secrets"),
            ]),
        CommandSpec(
            group: "service", summary: "Manage Swarm services", status: .refused(leftOutReason("service")),
            subcommands: [
                CommandSpec(leftOut: "create", of: "service", summary: "Create a new service"),
                CommandSpec(
                    leftOut: "inspect", of: "service", summary: "Display detailed information on one or more services"),
                CommandSpec(leftOut: "logs", of: "service", summary: "Fetch the logs of a service or task"),
                CommandSpec(leftOut: "ls", of: "service", summary: "List services"),
                CommandSpec(leftOut: "ps", of: "service", summary: "List the tasks of one or more services"),
                CommandSpec(leftOut: "rm", of: "service", summary: "Remove one or more services"),
                CommandSpec(leftOut: "rollback", of: "service", summary: "Revert changes to a service's configuration"),
                CommandSpec(leftOut: "scale", of: "service", summary: "Scale one or multiple replicated services"),
                CommandSpec(leftOut: "update", of: "service", summary: "Update a service"),
            ]),
        CommandSpec(
            group: "stack", summary: "Manage Swarm stacks", status: .refused(leftOutReason("stack")),
            subcommands: [
                CommandSpec(
                    leftOut: "config", of: "stack",
                    summary: "Outputs the final config file, after doing merges and interpolations"),
                CommandSpec(leftOut: "deploy", of: "stack", summary: "Deploy a new stack or update an existing stack"),
                CommandSpec(leftOut: "ls", of: "stack", summary: "List stacks"),
                CommandSpec(leftOut: "ps", of: "stack", summary: "List the tasks in the stack"),
                CommandSpec(leftOut: "rm", of: "stack", summary: "Remove one or more stacks"),
                CommandSpec(leftOut: "services", of: "stack", summary: "List the services in the stack"),
            ]),
        CommandSpec(
            group: "trust", summary: "Manage trust on Docker images", status: .refused(leftOutReason("trust")),
            subcommands: [
                CommandSpec(leftOut: "key", of: "trust", summary: "Manage keys for signing Docker images"),
                CommandSpec(leftOut: "signer", of: "trust", summary: "Manage entities who can sign Docker images"),
                CommandSpec(
                    leftOut: "inspect", of: "trust", summary: "Return low-level information about keys and signatures"),
                CommandSpec(leftOut: "revoke", of: "trust", summary: "Remove trust for an image"),
                CommandSpec(leftOut: "sign", of: "trust", summary: "Sign an image"),
            ]),
    ]
}
