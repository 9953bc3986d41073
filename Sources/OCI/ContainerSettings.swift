public import OrderedJSON

/// What an image says a container of it should do: the member `config` of its configuration, in Docker's words.
///
/// Optional lists tell "not said" (`nil`, JSON `null`) from "said to be empty", as Docker does.
public struct ContainerSettings: Sendable, Hashable {
    /// The host name; empty in images.
    public var hostname = ""
    /// The domain name; empty in images.
    public var domainname = ""
    /// User, `USER[:GROUP]` by name or number; empty for root.
    public var user = ""
    /// Whether standard input is attached.
    public var attachStdin = false
    /// Whether standard output is attached.
    public var attachStdout = false
    /// Whether standard error is attached.
    public var attachStderr = false
    /// Ports as `80/tcp`, sorted.
    public var exposedPorts: [String]?
    /// Whether there is a terminal.
    public var tty = false
    /// Whether standard input stays open.
    public var openStdin = false
    /// Whether standard input closes after the first client.
    public var stdinOnce = false
    /// Environment as `NAME=value`.
    public var env: [String]?
    /// The command, or the entry point's arguments.
    public var cmd: [String]?
    /// The check of its health.
    public var healthcheck: Healthcheck?
    /// Windows only: whether the command is escaped already.
    public var argsEscaped = false
    /// The image it was made from.
    public var image = ""
    /// Directories that hold volumes, sorted.
    public var volumes: [String]?
    /// The working directory.
    public var workingDir = ""
    /// The entry point.
    public var entrypoint: [String]?
    /// Instructions for images made from this one.
    public var onBuild: [String]?
    /// Labels.
    public var labels: [String: String]?
    /// The signal that stops a container, by name or number; empty for SIGTERM.
    public var stopSignal = ""
    /// Seconds to wait after the stop signal.
    public var stopTimeout: Int64?
    /// The shell that the shell form of instructions uses.
    public var shell: [String]?
    /// Members that are not understood here, kept.
    public var other = JSONObject()

    /// How a container's health is checked. Times are in nanoseconds; 0 inherits.
    public struct Healthcheck: Sendable, Hashable {
        /// `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", …]`; empty inherits.
        public var test: [String]
        /// Nanoseconds between checks.
        public var interval: Int64
        /// Nanoseconds until a check counts as failed.
        public var timeout: Int64
        /// Nanoseconds in which failures do not count.
        public var startPeriod: Int64
        /// Nanoseconds between checks in the start period.
        public var startInterval: Int64
        /// Failures in a row until the container is unhealthy.
        public var retries: Int64

        /// Describes a check.
        public init(
            test: [String] = [], interval: Int64 = 0, timeout: Int64 = 0, startPeriod: Int64 = 0,
            startInterval: Int64 = 0, retries: Int64 = 0
        ) {
            self.test = test
            self.interval = interval
            self.timeout = timeout
            self.startPeriod = startPeriod
            self.startInterval = startInterval
            self.retries = retries
        }
    }

    /// Settings that say nothing.
    public init() {}

    private static let known: Set<String> = [
        "Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty",
        "OpenStdin", "StdinOnce", "Env", "Cmd", "Healthcheck", "ArgsEscaped", "Image", "Volumes", "WorkingDir",
        "Entrypoint", "OnBuild", "Labels", "StopSignal", "StopTimeout", "Shell",
    ]

    init(_ members: Members) throws(OCIError) {
        hostname = try members.string("Hostname") ?? ""
        domainname = try members.string("Domainname") ?? ""
        user = try members.string("User") ?? ""
        attachStdin = try members.flag("AttachStdin") ?? false
        attachStdout = try members.flag("AttachStdout") ?? false
        attachStderr = try members.flag("AttachStderr") ?? false
        exposedPorts = try members.set("ExposedPorts")
        tty = try members.flag("Tty") ?? false
        openStdin = try members.flag("OpenStdin") ?? false
        stdinOnce = try members.flag("StdinOnce") ?? false
        env = try members.strings("Env")
        cmd = try members.strings("Cmd")
        if let check = try members.members("Healthcheck") {
            healthcheck = Healthcheck(
                test: try check.strings("Test") ?? [], interval: try check.integer("Interval") ?? 0,
                timeout: try check.integer("Timeout") ?? 0, startPeriod: try check.integer("StartPeriod") ?? 0,
                startInterval: try check.integer("StartInterval") ?? 0, retries: try check.integer("Retries") ?? 0)
        }
        argsEscaped = try members.flag("ArgsEscaped") ?? false
        image = try members.string("Image") ?? ""
        volumes = try members.set("Volumes")
        workingDir = try members.string("WorkingDir") ?? ""
        entrypoint = try members.strings("Entrypoint")
        onBuild = try members.strings("OnBuild")
        labels = try members.dictionary("Labels")
        stopSignal = try members.string("StopSignal") ?? ""
        stopTimeout = try members.integer("StopTimeout")
        shell = try members.strings("Shell")
        other = members.others(than: Self.known)
    }

    /// The settings as JSON, in the order of Docker's structure.
    public var json: JSON {
        var object: JSONObject = [
            "Hostname": .string(hostname), "Domainname": .string(domainname), "User": .string(user),
            "AttachStdin": .bool(attachStdin), "AttachStdout": .bool(attachStdout),
            "AttachStderr": .bool(attachStderr),
        ]
        if let exposedPorts, !exposedPorts.isEmpty { object["ExposedPorts"] = .set(exposedPorts) }
        object["Tty"] = .bool(tty)
        object["OpenStdin"] = .bool(openStdin)
        object["StdinOnce"] = .bool(stdinOnce)
        object["Env"] = .strings(env)
        object["Cmd"] = .strings(cmd)
        if let healthcheck { object["Healthcheck"] = healthcheck.json }
        if argsEscaped { object["ArgsEscaped"] = true }
        object["Image"] = .string(image)
        object["Volumes"] = volumes.map { .set($0) } ?? .null
        object["WorkingDir"] = .string(workingDir)
        object["Entrypoint"] = .strings(entrypoint)
        object["OnBuild"] = .strings(onBuild)
        object["Labels"] = .dictionary(labels)
        if !stopSignal.isEmpty { object["StopSignal"] = .string(stopSignal) }
        if let stopTimeout { object["StopTimeout"] = .integer(stopTimeout) }
        if let shell, !shell.isEmpty { object["Shell"] = .strings(shell) }
        for (name, value) in other { object[name] = value }
        return .object(object)
    }
}

extension ContainerSettings.Healthcheck {
    var json: JSON {
        var object = JSONObject()
        if !test.isEmpty { object["Test"] = .strings(test) }
        for (name, value) in [
            ("Interval", interval), ("Timeout", timeout), ("StartPeriod", startPeriod),
            ("StartInterval", startInterval), ("Retries", retries),
        ] where value != 0 { object[name] = .integer(value) }
        return .object(object)
    }
}
