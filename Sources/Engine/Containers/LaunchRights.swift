import EngineAPI
import Kernel
import OrderedJSON

/// What a process may do: the filter of its system calls, its user and its capabilities.
extension LaunchPlan {
    /// The filter is loaded while the process still has CAP_SYS_ADMIN: without `no_new_privs` the kernel asks for it.
    static func loadFilter(_ filter: SeccompFilter, host: JSONObject, kernel: any Kernel) -> ChildStep {
        var operations: [SandboxOperation] = [.loadFilter(filter)]
        if host.strings("SecurityOpt").contains(where: isNoNewPrivileges) {
            operations.insert(.setNoNewPrivileges, at: 0)
        }
        return ChildStep(
            kind: .seccompLoad, command: "seccomp(SECCOMP_SET_MODE_FILTER, 0, \(filter.name))",
            facts: ["profile": .string(filter.name)], operations: operations,
            evidence: statusEvidence(["Seccomp"], kernel: kernel))
    }

    private static func isNoNewPrivileges(_ option: String) -> Bool {
        ["no-new-privileges", "no-new-privileges=true", "no-new-privileges:true"].contains(option)
    }

    /// The change to the container's user and capabilities.
    static func capabilities(
        _ identity: ProcessIdentity, host: JSONObject, filtered: Bool, kernel: any Kernel
    ) -> [ChildStep] {
        let bounding = identity.bounding
        let kept: CapabilitySet = identity.uid == 0 ? bounding : []
        var become: [SandboxOperation] = []
        if !filtered, host.strings("SecurityOpt").contains(where: isNoNewPrivileges) {
            become.append(.setNoNewPrivileges)
        }
        become += [
            .becomeUser(
                uid: identity.uid, gid: identity.gid,
                groups: kernel.profile.identities.canChangeGroups ? identity.groups : nil),
            .setCapabilities(effective: kept, permitted: kept, inheritable: []), .dieWithEngine,
        ]
        let facts: Facts = [
            "kept": .integer(Int64(bounding.memberNames.count)), "possible": .integer(Int64(CapabilitySet.names.count)),
            "names": .strings(bounding.memberNames), "privileged": .bool(host.flag("Privileged")),
        ]
        let command = "capset(\(bounding)); prctl(PR_CAPBSET_DROP, …)"
        guard identity.uid != 0 else {
            return [
                ChildStep(
                    kind: .capabilitiesDrop, command: command, facts: facts,
                    operations: [.limitCapabilities(bounding: bounding)] + become,
                    evidence: statusEvidence(["CapEff", "CapBnd"], kernel: kernel))
            ]
        }
        return [
            ChildStep(
                kind: .capabilitiesDrop, command: command, facts: facts,
                operations: [.limitCapabilities(bounding: bounding)],
                evidence: statusEvidence(["CapBnd"], kernel: kernel)),
            ChildStep(
                kind: .userBecome, command: "setresuid(\(identity.uid)); setresgid(\(identity.gid))",
                facts: [
                    "user": .string(identity.name), "uid": .integer(Int64(identity.uid)),
                    "gid": .integer(Int64(identity.gid)),
                ],
                operations: become, evidence: statusEvidence(["Uid", "CapEff"], kernel: kernel)),
        ]
    }
}
