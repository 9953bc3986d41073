import Kernel
import OrderedJSON

/// Reads a profile of system calls in Docker's JSON, which clients send along with `--security-opt seccomp=FILE`
/// (docs.docker.com, "Seccomp security profiles for Docker").
enum SeccompFile {
    /// The profile that a container's options carry; `nil` for none, or for `unconfined`.
    static func profile(of host: JSONObject) throws -> SeccompProfile? {
        for option in host.strings("SecurityOpt") {
            guard option.hasPrefix("seccomp=") || option.hasPrefix("seccomp:") else { continue }
            let value = String(option.dropFirst(8))
            if value == "unconfined" { return nil }
            return try parse(value)
        }
        return nil
    }

    /// - Throws: ``EngineFailure`` 400 for what is no profile; nothing in it is passed over.
    static func parse(_ text: String) throws -> SeccompProfile {
        func refuse(_ problem: String) -> EngineFailure {
            .invalid("Decoding seccomp profile failed: \(problem)")
        }
        let json: JSON
        do { json = try JSON(parsing: text) } catch { throw refuse("\(error)") }
        guard let object = json.object else { throw refuse("it is not a JSON object") }
        let number = UInt16(clamping: object["defaultErrnoRet"]?.integer ?? 1)
        guard let defaultAction = action(object.text("defaultAction"), number) else {
            throw refuse("unknown default action \"\(object.text("defaultAction"))\"")
        }
        var architectures: [SeccompProfile.Architecture: [SeccompProfile.Architecture]] = [:]
        for entry in object["archMap"]?.array ?? [] {
            guard let main = architecture(entry["architecture"]?.string ?? "") else { continue }
            architectures[main] = (entry["subArchitectures"]?.array ?? []).compactMap {
                architecture($0.string ?? "")
            }
        }
        let listed = object.strings("architectures").compactMap(architecture)
        if let native = SeccompProfile.Architecture.native, !listed.isEmpty {
            architectures[native] = listed.filter { $0 != native }
        }
        let rules = try (object["syscalls"]?.array ?? []).map { entry -> SeccompProfile.Rule in
            guard let rule = entry.object else { throw refuse("a rule is not an object") }
            let names = rule.strings("names") + (rule.text("name").isEmpty ? [] : [rule.text("name")])
            let number = UInt16(clamping: rule["errnoRet"]?.integer ?? 1)
            guard let action = action(rule.text("action"), number) else {
                throw refuse("unknown action \"\(rule.text("action"))\"")
            }
            return SeccompProfile.Rule(
                names, action,
                arguments: try (rule["args"]?.array ?? []).map { argument in
                    guard let comparison = comparison(argument) else {
                        throw refuse("an argument of \(names.first ?? "a rule") can't be compared so")
                    }
                    return comparison
                }, includes: try condition(rule["includes"], refuse),
                excludes: try condition(rule["excludes"], refuse))
        }
        return SeccompProfile(
            name: "custom profile", defaultAction: defaultAction, architectures: architectures, rules: rules)
    }

    private static func action(_ name: String, _ number: UInt16) -> SeccompProfile.Action? {
        switch name {
        case "SCMP_ACT_ALLOW": .allow
        case "SCMP_ACT_ERRNO": .fail(number)
        case "SCMP_ACT_LOG": .log
        case "SCMP_ACT_TRAP": .trap
        case "SCMP_ACT_TRACE": .trace(number)
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": .killThread
        case "SCMP_ACT_KILL_PROCESS": .killProcess
        default: nil
        }
    }

    /// `SCMP_ARCH_X86_64`, or `amd64` as conditions have it.
    private static func architecture(_ name: String) -> SeccompProfile.Architecture? {
        let goNames: [String: SeccompProfile.Architecture] = [
            "amd64": .x86_64, "386": .x86, "arm64": .aarch64, "x32": .x32,
        ]
        let short = name.hasPrefix("SCMP_ARCH_") ? name.dropFirst(10).lowercased() : name
        return goNames[short] ?? SeccompProfile.Architecture(rawValue: short)
    }

    private static func comparison(_ argument: JSON) -> SeccompProfile.Comparison? {
        let operators: [String: SeccompProfile.Comparison.Operator] = [
            "SCMP_CMP_NE": .notEqual, "SCMP_CMP_LT": .less, "SCMP_CMP_LE": .lessOrEqual, "SCMP_CMP_EQ": .equal,
            "SCMP_CMP_GE": .greaterOrEqual, "SCMP_CMP_GT": .greater, "SCMP_CMP_MASKED_EQ": .maskedEqual,
        ]
        func number(_ name: String) -> UInt64? {
            switch argument[name] {
            case .integer(let value)?: UInt64(bitPattern: value)
            // Values above the largest signed number.
            case .double(let value)?: value >= 0 && value < 18_446_744_073_709_551_616 ? UInt64(value) : nil
            case nil, .null?: 0
            default: nil
            }
        }
        guard let kind = operators[argument["op"]?.string ?? ""], let index = number("index"), index < 6,
            let value = number("value"), let masked = number("valueTwo")
        else { return nil }
        return SeccompProfile.Comparison(UInt32(index), kind, value, masked: masked)
    }

    private static func condition(
        _ value: JSON?, _ refuse: (String) -> EngineFailure
    ) throws -> SeccompProfile.Condition {
        guard let object = value?.object else { return SeccompProfile.Condition() }
        var capabilities: CapabilitySet = []
        for name in object.strings("caps") {
            guard let capability = CapabilitySet(name: name) else { throw refuse("unknown capability \(name)") }
            capabilities.formUnion(capability)
        }
        var kernel: SeccompProfile.KernelVersion?
        if !object.text("minKernel").isEmpty {
            kernel = SeccompProfile.KernelVersion(object.text("minKernel"))
            if kernel == nil { throw refuse("\"\(object.text("minKernel"))\" is no version of a kernel") }
        }
        return SeccompProfile.Condition(
            capabilities: capabilities, architectures: Set(object.strings("arches").compactMap(architecture)),
            minimumKernel: kernel)
    }
}
