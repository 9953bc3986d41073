import Kernel
import OrderedJSON
import Testing

@testable import Engine

@Suite("Settings of containers")
struct SettingsTests {
    @Test("Failures are counted, and only outside of the start period")
    func health() {
        func result(_ code: Int32) -> Health.Result { .init(start: 1, end: 2, exitCode: code, output: "") }
        var health = Health()
        health.take(result(1), retries: 2, isInStartPeriod: true)
        #expect(health.status == .starting && health.failingStreak == 0)
        health.take(result(0), retries: 2, isInStartPeriod: true)
        #expect(health.status == .healthy)
        health.take(result(1), retries: 2, isInStartPeriod: true)
        #expect(health.status == .healthy && health.failingStreak == 1)
        health.take(result(1), retries: 2, isInStartPeriod: false)
        #expect(health.status == .unhealthy && health.failingStreak == 2)
        for _ in 0..<9 { health.take(result(0), retries: 2, isInStartPeriod: false) }
        #expect(health.status == .healthy && health.failingStreak == 0 && health.log.count == 5)
    }

    @Test("A health check has Docker's defaults, and NONE turns it off")
    func healthDefaults() throws {
        let check = try #require(HealthCheck(["Healthcheck": ["Test": ["CMD-SHELL", "test -f /ok"]]]))
        #expect(check.command == ["/bin/sh", "-c", "test -f /ok"])
        #expect(check.interval == 30 && check.timeout == 30 && check.retries == 3 && check.startPeriod == 0)
        #expect(HealthCheck(["Healthcheck": ["Test": ["NONE"]]]) == nil)
        #expect(HealthCheck([:]) == nil)
        #expect(throws: EngineFailure.self) { try HealthCheck.check(["Healthcheck": ["Interval": 1000]]) }
    }

    @Test("A profile of system calls is read whole or refused")
    func seccomp() throws {
        let profile = try SeccompFile.parse(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
             "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
             "syscalls": [
               {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
               {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}],
                "includes": {"caps": ["CAP_SYS_ADMIN"], "minKernel": "4.8"}}]}
            """)
        #expect(profile.defaultAction == .fail(13) && profile.architectures[.x86_64] == [.x86])
        #expect(profile.rules.count == 2 && profile.rules[1].arguments == [.init(0, .equal, 8)])
        #expect(profile.rules[1].includes.minimumKernel == .init(4, 8))
        for text in [
            "", "[]", #"{"defaultAction": "NOSUCH"}"#,
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "x"}]}"#,
            #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]}]}"#,
        ] { #expect(throws: EngineFailure.self) { try SeccompFile.parse(text) } }
    }

    @Test("Rules for devices are of Docker's form")
    func deviceRules() throws {
        let rules = try GrantedDevices.rules(of: ["DeviceCgroupRules": ["c 42:* rmw", "b *:1 r"]])
        #expect(rules.map(\.major) == [42, nil] && rules.map(\.minor) == [nil, 1] && rules[0].access == "rmw")
        for text in ["c 42", "x 1:1 r", "c a:1 r", "c 1:1 x", "c 1:1  r", ""] {
            #expect(throws: EngineFailure.self) { try GrantedDevices.rules(of: ["DeviceCgroupRules": [.string(text)]]) }
        }
    }

    @Test("The options of ps give its columns, or say what is wrong")
    func processColumns() throws {
        #expect(
            try ProcessFormat(options: "").columns.map(\.title) == [
                "UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD",
            ])
        #expect(try ProcessFormat(options: "-o pid,args").columns.map(\.title) == ["PID", "COMMAND"])
        #expect(
            try ProcessFormat(options: "aux").columns.map(\.title) == [
                "USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND",
            ])
        #expect(try ProcessFormat(options: "-eo user=WHO -o pid").columns.map(\.title) == ["WHO", "PID"])
        for options in ["-o comm", "-o nosuch,pid", "-Z", "-o", "-o user=PID"] {
            #expect(throws: EngineFailure.self) { try ProcessFormat(options: options) }
        }
    }

    @Test("Durations of filters are Go's")
    func durations() {
        #expect(PruneFilter.duration("1h30m") == 5_400_000_000_000)
        #expect(PruneFilter.duration("300ms") == 300_000_000)
        #expect(PruneFilter.duration("x") == nil && PruneFilter.duration("") == nil && PruneFilter.duration("5") == nil)
    }
}
