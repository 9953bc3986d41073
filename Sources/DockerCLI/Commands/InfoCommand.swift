import EngineClient
import OrderedJSON

/// `docker info`
enum InfoCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let format = context.parsed.string("format")
        var server: JSON?
        var failure: (any Error)?
        do { server = try context.json("GET", "/info") } catch { failure = error }
        let template: GoTemplate?
        do throws(CommandFailure) {
            template = format.isEmpty ? nil : try parse(format == "json" ? "{{json .}}" : format)
        } catch {
            if let failure { context.io.complain(CommandContext.text(of: failure)) }
            throw error
        }
        let client: JSON = [
            "Debug": .bool(context.isDebug), "Platform": ["Name": "Drydock"], "Version": .string(Grammar.clientVersion),
            "DefaultAPIVersion": .string(EngineClient.defaultAPIVersion), "GitCommit": .string(Grammar.clientBuild),
            "Os": "linux", "Arch": .string(Architecture.name), "Context": "default", "Plugins": [], "Warnings": nil,
        ]
        if let template {
            var all = server?.object ?? JSONObject()
            if let failure { all["ServerErrors"] = [.string(CommandContext.text(of: failure))] }
            all["ClientInfo"] = client
            // The output may have no place for the reason.
            if let failure { context.io.complain(CommandContext.text(of: failure)) }
            do throws(TemplateError) {
                context.io.printLine(try template.execute(LooseStructure.value(.object(all), "system.dockerInfo")))
            } catch {
                context.io.printLine(error.partialOutput)
                // Without an answer each of its fields is empty.
                if failure == nil { throw CommandFailure("\(error)") }
            }
            return failure == nil ? 0 : 1
        }
        let debug = context.isDebug
        context.io.print(
            "Client: Drydock\n Version:    \(Grammar.clientVersion)\n Context:    default\n Debug Mode: \(debug)\n\nServer:\n"
        )
        if let failure {
            throw failure
        }
        if let server {
            context.io.print(InfoText(info: server).text)
            for warning in server["Warnings"]?.array ?? [] { context.io.complain(warning.string ?? "") }
        }
        return 0
    }

    private static func parse(_ format: String) throws(CommandFailure) -> GoTemplate {
        do throws(TemplateError) { return try GoTemplate(format) } catch {
            throw CommandFailure("template parsing error: \(error)", code: 64)
        }
    }
}

/// The engine's part of `docker info`.
private struct InfoText {
    let info: JSON

    private func string(_ name: String) -> String { info[name]?.string ?? "" }
    private func number(_ name: String) -> String { String(info[name]?.integer ?? 0) }
    private func flag(_ name: String) -> String { String(info[name]?.bool ?? false) }

    private func line(_ label: String, _ value: String, indent: Int = 1) -> String {
        String(repeating: " ", count: indent) + "\(label): \(value)\n"
    }

    private func optional(_ label: String, _ value: String) -> String { value.isEmpty ? "" : line(label, value) }

    var text: String {
        var text = line("Containers", number("Containers"))
        text += line("Running", number("ContainersRunning"), indent: 2)
        text += line("Paused", number("ContainersPaused"), indent: 2)
        text += line("Stopped", number("ContainersStopped"), indent: 2)
        text += line("Images", number("Images"))
        text += optional("Server Version", string("ServerVersion"))
        text += optional("Storage Driver", string("Driver"))
        for pair in info["DriverStatus"]?.array ?? [] {
            text += line(pair[0]?.string ?? "", pair[1]?.string ?? "", indent: 2)
        }
        text += optional("Logging Driver", string("LoggingDriver"))
        text += optional("Cgroup Driver", string("CgroupDriver"))
        text += optional("Cgroup Version", string("CgroupVersion"))
        text += " Plugins:\n"
        for kind in ["Volume", "Network", "Authorization", "Log"] {
            let names = (info["Plugins"]?[kind]?.array ?? []).compactMap(\.string)
            if !names.isEmpty || kind == "Volume" || kind == "Network" || kind == "Log" {
                text += line(kind, names.joined(separator: " "), indent: 2)
            }
        }
        let directories = (info["CDISpecDirs"]?.array ?? []).compactMap(\.string)
        if !directories.isEmpty {
            text += " CDI spec directories:\n" + directories.map { "  \($0)\n" }.joined()
        }
        text += line("Swarm", info["Swarm"]?["LocalNodeState"]?.string ?? "inactive")
        text += runtimes + security + machine
        return text + "\n"
    }

    private var runtimes: String {
        var text = ""
        let names = (info["Runtimes"]?.object?.names ?? []).sorted()
        if !names.isEmpty {
            text += line("Runtimes", names.joined(separator: " "))
            text += line("Default Runtime", string("DefaultRuntime"))
        }
        guard string("OSType") == "linux" else { return text }
        text += line("Init Binary", string("InitBinary"))
        for (label, member) in [
            ("containerd version", "ContainerdCommit"), ("runc version", "RuncCommit"), ("init version", "InitCommit"),
        ] {
            text += line(label, info[member]?["ID"]?.string ?? "")
        }
        return text
    }

    private var security: String {
        let options = (info["SecurityOptions"]?.array ?? []).compactMap(\.string)
        if options.isEmpty { return "" }
        return options.reduce(" Security Options:\n") { text, option in
            let fields = option.split(separator: ",").map { KeyValue.split(String($0)) }
            var lines = ""
            for field in fields {
                if field.key == "name" {
                    lines += "  \(field.value ?? "")\n"
                } else {
                    lines += "   \(GoText.title(field.key)): \(field.value ?? "")\n"
                }
            }
            return text + lines
        }
    }

    private var machine: String {
        var text = optional("Kernel Version", string("KernelVersion"))
        text += optional("Operating System", string("OperatingSystem"))
        text += optional("OSType", string("OSType"))
        text += optional("Architecture", string("Architecture"))
        text += line("CPUs", number("NCPU"))
        text += line("Total Memory", SizeText.binary(info["MemTotal"]?.double ?? 0))
        text += optional("Name", string("Name"))
        text += optional("ID", string("ID"))
        text += line("Docker Root Dir", string("DockerRootDir"))
        text += line("Debug Mode", flag("Debug"))
        if info["Debug"]?.bool ?? false {
            text += line("File Descriptors", number("NFd"), indent: 2)
            text += line("Goroutines", number("NGoroutines"), indent: 2)
            text += line("System Time", string("SystemTime"), indent: 2)
            text += line("EventsListeners", number("NEventsListener"), indent: 2)
        }
        text += optional("HTTP Proxy", string("HttpProxy"))
        text += optional("HTTPS Proxy", string("HttpsProxy"))
        text += optional("No Proxy", string("NoProxy"))
        let labels = (info["Labels"]?.array ?? []).compactMap(\.string)
        if !labels.isEmpty { text += " Labels:\n" + labels.map { "  \($0)\n" }.joined() }
        text += line("Experimental", flag("ExperimentalBuild"))
        let registries = info["RegistryConfig"]
        var insecure: [String] = []
        for (name, index) in registries?["IndexConfigs"]?.object ?? JSONObject() {
            if index["Secure"]?.bool == false { insecure.append(name) }
        }
        insecure += (registries?["InsecureRegistryCIDRs"]?.array ?? []).compactMap(\.string)
        if !insecure.isEmpty { text += " Insecure Registries:\n" + insecure.map { "  \($0)\n" }.joined() }
        let mirrors = (registries?["Mirrors"]?.array ?? []).compactMap(\.string)
        if !mirrors.isEmpty { text += " Registry Mirrors:\n" + mirrors.map { "  \($0)\n" }.joined() }
        text += line("Live Restore Enabled", flag("LiveRestoreEnabled"))
        text += optional("Product License", string("ProductLicense"))
        let pools = info["DefaultAddressPools"]?.array ?? []
        if !pools.isEmpty {
            text += " Default Address Pools:\n"
            for pool in pools {
                text += "   Base: \(pool["Base"]?.string ?? ""), Size: \(pool["Size"]?.integer ?? 0)\n"
            }
        }
        return text
    }
}
