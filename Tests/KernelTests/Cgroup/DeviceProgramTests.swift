import Posix
import Testing

@testable import Kernel

@Suite("The device rules of cgroup version 2")
struct DeviceProgramTests {
    /// A device and what is to be done with it.
    private struct Attempt {
        var type: Character, major: UInt32, minor: UInt32, access: String
    }

    /// Runs the instructions as the kernel would; `nil` when they leave the program.
    private func run(_ program: DeviceProgram, _ attempt: Attempt) -> Int64? {
        var registers = [Int64](repeating: 0, count: 6)
        let mask = Int64(DeviceProgram.mask(attempt.access))
        let words: [Int16: Int64] = [
            0: mask << 16 | (attempt.type == "b" ? 1 : 2), 4: Int64(attempt.major), 8: Int64(attempt.minor),
        ]
        var position = 0
        while program.instructions.indices.contains(position) {
            let one = program.instructions[position]
            let destination = Int(one.destination)
            let immediate = Int64(one.immediate)
            position += 1
            switch one.code {
            case DeviceProgram.loadWord: registers[destination] = words[one.offset] ?? -1
            case DeviceProgram.move: registers[destination] = immediate
            case DeviceProgram.moveRegister: registers[destination] = registers[Int(one.source)]
            case DeviceProgram.and: registers[destination] &= immediate
            case DeviceProgram.shiftRight: registers[destination] >>= immediate
            case DeviceProgram.jumpIfEqual where registers[destination] == immediate: position += Int(one.offset)
            case DeviceProgram.jumpIfNotEqual where registers[destination] != immediate: position += Int(one.offset)
            case DeviceProgram.jumpIfEqual, DeviceProgram.jumpIfNotEqual: break
            case DeviceProgram.exit: return registers[0]
            default: return nil
            }
        }
        return nil
    }

    /// What version 1 would say: for each kind of access the last rule that speaks of the device.
    private func isAllowed(_ rules: [CgroupLimit.DeviceRule], _ attempt: Attempt) -> Bool {
        attempt.access.allSatisfy { letter in
            rules.last {
                ($0.type == "a" || $0.type == attempt.type) && ($0.major ?? attempt.major) == attempt.major
                    && ($0.minor ?? attempt.minor) == attempt.minor && $0.access.contains(letter)
            }?.allows ?? false
        }
    }

    /// Docker's rules: nothing, then making any node, then the usual devices.
    private let dockerRules: [CgroupLimit.DeviceRule] = [
        .init(allows: false, type: "a", major: nil, minor: nil, access: "rwm"),
        .init(allows: true, type: "c", major: nil, minor: nil, access: "m"),
        .init(allows: true, type: "b", major: nil, minor: nil, access: "m"),
        .init(allows: true, type: "c", major: 1, minor: 3, access: "rwm"),
        .init(allows: true, type: "c", major: 1, minor: 5, access: "r"),
        .init(allows: true, type: "c", major: 1, minor: 5, access: "w"),
        .init(allows: true, type: "c", major: 136, minor: nil, access: "rwm"),
        .init(allows: false, type: "c", major: 136, minor: 7, access: "w"),
    ]

    @Test func programAgreesWithTheRulesForEveryAttempt() {
        let everything = [CgroupLimit.DeviceRule(allows: true, type: "a", major: nil, minor: nil, access: "rwm")]
        for rules in [dockerRules, [], everything, everything + dockerRules, dockerRules + everything] {
            let program = DeviceProgram(rules)
            for type: Character in ["b", "c"] {
                for (major, minor) in [(1, 3), (1, 5), (1, 9), (136, 0), (136, 7), (8, 0)] as [(UInt32, UInt32)] {
                    for access in ["r", "w", "m", "rw", "rm", "wm", "rwm"] {
                        let attempt = Attempt(type: type, major: major, minor: minor, access: access)
                        #expect(run(program, attempt) == (isAllowed(rules, attempt) ? 1 : 0), "\(attempt)")
                    }
                }
            }
        }
    }

    @Test func nothingFollowsARuleThatDecidesEverything() {
        let program = DeviceProgram([
            .init(allows: true, type: "c", major: 1, minor: 3, access: "rwm"),
            .init(allows: false, type: "a", major: nil, minor: nil, access: "rwm"),
        ])
        // The kernel refuses instructions that can't be reached.
        #expect(program.instructions.count == 8)
        #expect(program.instructions.last?.code == DeviceProgram.exit)
    }

    @Test func instructionsAreEightBytesInTheKernelsOrder() {
        let bytes = DeviceProgram([]).bytes
        #expect(bytes.count == 8 * 8)
        #expect(Array(bytes[..<8]) == [0x61, 0x12, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[16..<24]) == [0x57, 0x02, 0, 0, 0xFF, 0xFF, 0, 0])
        #expect(Array(bytes[48...]) == [0xB7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0])
    }
}
