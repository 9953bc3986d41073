/// A program of a few bytes that writes a text and exits: a static ELF executable (`elf(5)`), assembled here.
///
/// It needs no C library, no shell and no compiler, so the image it is for holds nothing else.
struct HelloProgram {
    /// What it writes to standard output.
    var text: String

    /// Where the kernel maps the file, by the convention for programs at fixed addresses.
    private static let base: UInt64 = 0x40_0000
    private static let headerSize = 64 + 56

    /// The executable for a processor in Go's words.
    /// - Returns: `nil` for a processor whose instructions are not known here.
    func executable(for architecture: String) -> [UInt8]? {
        let message = Array(text.utf8)
        let code: [UInt8]
        let machine: UInt16
        switch architecture {
        case "amd64":
            machine = 62
            code = Self.x86Code(length: message.count)
        case "arm64":
            machine = 183
            code = Self.armCode(length: message.count)
        default: return nil
        }
        let size = UInt64(Self.headerSize + code.count + message.count)
        return Self.header(machine: machine, size: size) + code + message
    }

    /// The file header and one segment: the whole file, readable and executable.
    private static func header(machine: UInt16, size: UInt64) -> [UInt8] {
        var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
        bytes += little(UInt16(2)) + little(machine) + little(UInt32(1))
        bytes += little(base + UInt64(headerSize)) + little(UInt64(64)) + little(UInt64(0)) + little(UInt32(0))
        bytes += little(UInt16(64)) + little(UInt16(56)) + little(UInt16(1)) + little(UInt16(64))
        bytes += little(UInt16(0)) + little(UInt16(0))
        bytes += little(UInt32(1)) + little(UInt32(5)) + little(UInt64(0)) + little(base) + little(base)
        return bytes + little(size) + little(size) + little(UInt64(0x1000))
    }

    /// `write(1, text, length)` and `exit(0)` for x86-64 (`syscall(2)`: number in rax, arguments in rdi, rsi, rdx).
    private static func x86Code(length: Int) -> [UInt8] {
        let codeSize = 31
        let address = UInt32(base) + UInt32(headerSize + codeSize)
        var code: [UInt8] = [0xB8] + little(UInt32(1))  // mov eax, SYS_write
        code += [0xBF] + little(UInt32(1))  // mov edi, 1
        code += [0xBE] + little(address)  // mov esi, text
        code += [0xBA] + little(UInt32(length))  // mov edx, length
        code += [0x0F, 0x05]  // syscall
        code += [0xB8] + little(UInt32(60))  // mov eax, SYS_exit
        code += [0x31, 0xFF]  // xor edi, edi
        return code + [0x0F, 0x05]  // syscall
    }

    /// The same for AArch64 (`syscall(2)`: number in x8, arguments in x0, x1, x2).
    private static func armCode(length: Int) -> [UInt8] {
        func move(_ register: UInt32, _ value: Int) -> UInt32 { 0xD280_0000 | UInt32(value) << 5 | register }
        let call: UInt32 = 0xD400_0001
        let codeSize: UInt32 = 8 * 4
        let distance = codeSize - 4  // from the second instruction to the text
        let address = 0x1000_0000 | (distance & 3) << 29 | (distance >> 2) << 5 | 1  // adr x1, text
        let code = [move(0, 1), address, move(2, length), move(8, 64), call, move(0, 0), move(8, 93), call]
        return code.flatMap { little($0) }
    }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
