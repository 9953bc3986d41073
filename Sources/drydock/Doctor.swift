import DockerCLI
import Glibc
import Kernel
import OrderedJSON
import Posix

/// `drydock doctor`: which kernel one gets, why, and what would give more.
struct Doctor {
    let home: DrydockHome

    /// One thing that was looked at.
    struct Finding {
        var name: String
        var isGood: Bool
        var text: String
    }

    /// Looks at the machine.
    func findings() -> [Finding] {
        var findings: [Finding] = []
        func add(_ name: String, _ isGood: Bool, _ text: String) {
            findings.append(Finding(name: name, isGood: isGood, text: text))
        }
        if let reason = KernelChoice.simulatedBecause(home) {
            add("kernel", false, "simulated: \(reason). As root the containers are real.")
        } else if geteuid() != 0 {
            add(
                "kernel", true,
                "the real one, without root: containers are real processes of this machine, in a user namespace of yours"
            )
            do throws(SystemError) {
                // From here on this program sees what the engine will see.
                try UserNamespace.enter()
            } catch { add("user namespace", false, "\(error)") }
        } else {
            add("kernel", true, "the real one: containers are real processes of this machine")
        }
        do {
            let kernel = try LinuxKernel(parentCgroup: home.parentCgroup, seccompCache: nil)
            let profile = kernel.profile
            add("release", true, "Linux \(profile.release) on \(profile.machine), \(profile.operatingSystem)")
            if profile.isRootless { findings.append(users(of: profile)) }
            findings += limits(of: profile)
            let missing = CapabilitySet.containerDefault.subtracting(profile.capabilities)
            add(
                "capabilities", missing.isEmpty,
                missing.isEmpty
                    ? "all that a container gets by default are here"
                    : "a container will lack \(missing.memberNames.joined(separator: " "))")
            for (name, reason) in profile.lacking.sorted(by: { $0.key < $1.key }) { add(name, false, reason) }
            findings.append(try uplink(of: kernel))
        } catch {
            add("linux", false, "the kernel could not be looked at: \(error)")
        }
        let control = EngineControl(home: home)
        if control.isRunning {
            for sentence in control.setAsideSentences { add("engine", false, sentence) }
        }
        for (program, package) in [("busybox", "busybox-static"), ("bash-static", "bash-static")] {
            let found = ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(program)" }.first(where: Files.exists)
            add(program, found != nil, found ?? "missing: the lab's images are made of it; apt-get install \(package)")
        }
        return findings
    }

    /// Who there is in the containers of an engine without root.
    private func users(of profile: KernelProfile) -> Finding {
        let users = profile.identities.users
        return Finding(
            name: "users", isGood: users > 1,
            text: users > 1
                ? "root of a container is you, number \(profile.identities.rootOutside ?? 0); its other users are those that "
                    + "/etc/subuid gives you: \(users - 1)"
                : "root of a container is you, number \(profile.identities.rootOutside ?? 0), and it has no other user: more "
                    + "take an entry in /etc/subuid and /etc/subgid, and apt-get install uidmap")
    }

    /// What the cgroups that this program may use can limit.
    private func limits(of profile: KernelProfile) -> [Finding] {
        guard !profile.controllers.isEmpty else {
            let reason =
                "none that this program may make a group in: nothing can be counted, limited or paused"
                + (profile.isRootless
                    ? "; in a cgroup that is delegated to you (cgroups(7)) some of it could be" : "")
            return [Finding(name: "cgroups", isGood: false, text: reason)]
        }
        let layout =
            switch profile.cgroupLayout {
            case .v1: "version 1"
            case .v2: "version 2"
            case .hybrid: "version 1, and version 2 beside it"
            }
        let memory =
            !profile.controllers.contains("memory")
            ? "neither memory nor swap can be limited"
            : profile.limitsSwap ? "memory and swap can be limited" : "memory can be limited, swap cannot"
        return [
            Finding(
                name: "cgroups", isGood: true, text: "\(layout): \(profile.controllers.sorted().joined(separator: " "))"
            ),
            Finding(name: "swap limit", isGood: profile.limitsSwap, text: memory),
        ]
    }

    /// Whether containers reach other machines, and what may be in their way.
    private func uplink(of kernel: LinuxKernel) throws -> Finding {
        guard home.uplink == .nat, KernelChoice.simulatedBecause(home) == nil else {
            return Finding(
                name: "uplink", isGood: false,
                text: "none: containers reach each other, and this machine their published ports; no other machine is "
                    + "reached. "
                    + (kernel.profile.isRootless
                        ? "A way out (DRYDOCK_UPLINK=nat) takes root" : "DRYDOCK_UPLINK=nat gives nodes a way out"))
        }
        // Each table decides for itself: what another one drops, ours can't let pass.
        let chains = try kernel.machineNetworkNamespace().applyRules("list chains\n")
        let drops = chains.split(separator: "\n").contains { $0.contains("hook forward") && $0.contains("policy drop") }
        return Finding(
            name: "uplink", isGood: !drops,
            text: drops
                ? "nat, but this machine drops what it is to forward (a chain with the policy drop, such as Docker's): "
                    + "nft list chains shows it; containers reach other machines once it accepts what comes from and goes "
                    + "to the interfaces drydock-*"
                : "nat: containers reach other machines over IPv4, under this machine's address")
    }

    /// Prints the findings; the exit code says whether the real kernel is used.
    func run(asJSON: Bool, io: CommandIO) -> Int32 {
        let findings = findings()
        if asJSON {
            let json = JSON.array(
                findings.map { ["name": .string($0.name), "good": .bool($0.isGood), "text": .string($0.text)] })
            write(json.text(.indented) + "\n", to: io.output)
        } else {
            let width = findings.map(\.name.count).max() ?? 0
            for finding in findings {
                let pad = String(repeating: " ", count: width - finding.name.count)
                write("\(finding.isGood ? "ok  " : "--  ")\(finding.name)\(pad)  \(finding.text)\n", to: io.output)
            }
        }
        return KernelChoice.simulatedBecause(home) == nil ? 0 : 1
    }

    private func write(_ text: String, to output: Int32) {
        _ = text.withCString { Glibc.write(output, $0, strlen($0)) }
    }
}
