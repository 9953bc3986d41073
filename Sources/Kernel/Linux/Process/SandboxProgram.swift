import CLinux
import CSandbox
import Glibc
import Posix

/// A sandbox program in the form that the child's interpreter runs (`csandbox.h`): fixed-size operations that refer to
/// one block of data by offsets.
///
/// It is built before the clone; afterwards the child has a copy of its own, and this one may go.
struct SandboxProgram {
    private(set) var operations: [sandbox_op] = []
    /// Strings, arrays and instructions. The first byte is NUL, so that offset 0 is the empty string.
    private var data: [UInt8] = [0]
    /// What the operations refer to: open at least until the child has been cloned.
    private var descriptors: [Descriptor] = []
    /// The descriptors' numbers by which the child may use them.
    private var keptNumbers: Set<Int32> = []

    /// Compiles operations.
    ///
    /// - Throws: ``SystemError`` (EINVAL) for an operation that can't be expressed, such as a device of unknown type.
    init(_ program: [SandboxOperation]) throws(SystemError) {
        for operation in program { try append(operation) }
    }

    /// Makes a descriptor survive in the child until `exec`.
    mutating func keep(_ descriptor: Descriptor) {
        descriptors.append(descriptor)
        keptNumbers.insert(descriptor.number)
    }

    /// Gives a body the program as C sees it, valid only while the body runs.
    func withProgram<Result>(
        channel: Descriptor, streams: SpawnRequest.StandardStreams?, joins: [sandbox_join], isGated: Bool,
        isHidden: Bool, _ body: (UnsafePointer<sandbox_program>) -> Result
    ) -> Result {
        var kept = keptNumbers.union([channel.number])
        let numbers = [streams?.input, streams?.output, streams?.error].map { $0?.number ?? -1 }
        kept.formUnion(numbers.filter { $0 >= 0 })
        kept.formUnion(joins.map(\.descriptor))
        let sorted = kept.sorted()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 16)
        defer { block.deallocate() }
        block.copyBytes(from: data)
        return operations.withUnsafeBufferPointer { operations in
            sorted.withUnsafeBufferPointer { kept in
                joins.withUnsafeBufferPointer { joins in
                    var program = sandbox_program()
                    program.ops = operations.baseAddress
                    program.op_count = UInt32(operations.count)
                    program.data = block.bindMemory(to: CChar.self).baseAddress
                    program.channel = channel.number
                    program.is_gated = isGated ? 1 : 0
                    program.is_hidden = isHidden ? 1 : 0
                    program.streams = (numbers[0], numbers[1], numbers[2])
                    program.kept = kept.baseAddress
                    program.kept_count = UInt32(kept.count)
                    program.joins = joins.baseAddress
                    program.join_count = UInt32(joins.count)
                    return withExtendedLifetime((channel, streams, descriptors)) { body(&program) }
                }
            }
        }
    }

    // MARK: Operations

    private mutating func append(_ operation: SandboxOperation) throws(SystemError) {
        switch operation {
        case .joinCgroups(let descriptors):
            for descriptor in descriptors { keep(descriptor) }
            let offset = place(descriptors.map(\.number))
            emit(SANDBOX_JOIN_CGROUPS, [offset, Int64(descriptors.count)])
        case .unshare(let kind): emit(SANDBOX_UNSHARE, [Int64(kind.cloneFlag)])
        case .isolateMounts: emit(SANDBOX_ISOLATE_MOUNTS)
        case .attachRoot(let mount, let directory):
            guard let descriptor = mount.descriptor else {
                throw SystemError("attaching the root at \(directory)", code: EBADF)
            }
            keep(descriptor)
            try emit(SANDBOX_ATTACH_ROOT, [Int64(descriptor.number)], [directory])
        case .mount(let type, let source, let target, let flags, let options):
            // The options stand as strings in a row, ended by an empty one.
            let list = try place(strings: options.split(separator: ",").map(String.init))
            data.append(0)
            try emit(SANDBOX_MOUNT, [Int64(flags.attributes)], [type, source, target], last: list)
        case .bind(let source, let target, let isRecursive, let flags, let propagation, let followsLinks):
            let numbers: [Int64] = [
                Int64(flags.attributes), (isRecursive ? 1 : 0) | (followsLinks ? 0 : 2), propagation.flag,
                propagation.isRecursive ? 1 : 0,
            ]
            try emit(SANDBOX_BIND, numbers, [source, target])
        case .bindWithin(let source, let target): try emit(SANDBOX_BIND_WITHIN, [], [source, target])
        case .makeDirectory(let path, let mode): try emit(SANDBOX_MAKE_DIRECTORY, [Int64(mode)], [path])
        case .makeDevice(let path, let type, let major, let minor, let mode, let uid, let gid):
            let types: [Character: UInt32] = ["c": S_IFCHR, "u": S_IFCHR, "b": S_IFBLK, "p": S_IFIFO]
            guard let bits = types[type] else {
                throw SystemError("making device \(path) of type \(type)", code: EINVAL)
            }
            let device = Int64(truncatingIfNeeded: linux_makedev(major, minor))
            try emit(SANDBOX_MAKE_DEVICE, [Int64(bits | mode & 0o7777), device, Int64(uid), Int64(gid)], [path])
        case .makeSymlink(let target, let path): try emit(SANDBOX_MAKE_SYMLINK, [], [path, target])
        case .mask(let path): try emit(SANDBOX_MASK, [], [path])
        case .makeReadOnly(let path): try emit(SANDBOX_MAKE_READ_ONLY, [], [path])
        case .enterRoot: emit(SANDBOX_ENTER_ROOT)
        case .makeRootReadOnly: emit(SANDBOX_MAKE_ROOT_READ_ONLY)
        case .setHostname(let name): try emit(SANDBOX_SET_HOSTNAME, [], [name])
        case .setDomainname(let name): try emit(SANDBOX_SET_DOMAINNAME, [], [name])
        case .setParameter(let path, let value):
            let path = path.hasPrefix("/") ? path : "/proc/sys/\(path)"
            try emit(SANDBOX_WRITE_FILE, [], [path, value])
        case .setOutOfMemoryScore(let score):
            try emit(SANDBOX_WRITE_FILE, [], ["/proc/self/oom_score_adj", String(score)])
        case .bringLoopbackUp: emit(SANDBOX_BRING_LOOPBACK_UP)
        case .openTerminal(let columns, let rows): emit(SANDBOX_OPEN_TERMINAL, [Int64(columns), Int64(rows)])
        case .newSession: emit(SANDBOX_NEW_SESSION)
        case .setResourceLimit(let resource, let soft, let hard):
            emit(SANDBOX_SET_RESOURCE_LIMIT, [Int64(resource), Int64(bitPattern: soft), Int64(bitPattern: hard)])
        case .changeDirectory(let path, let create):
            try emit(SANDBOX_CHANGE_DIRECTORY, [create ? 1 : 0], [path])
        case .limitCapabilities(let bounding):
            emit(SANDBOX_LIMIT_CAPABILITIES, [Int64(bitPattern: bounding.rawValue)])
        case .becomeUser(let uid, let gid, let groups):
            let offset = place(groups ?? [])
            emit(SANDBOX_BECOME_USER, [Int64(uid), Int64(gid), offset, groups.map { Int64($0.count) } ?? -1])
        case .setCapabilities(let effective, let permitted, let inheritable):
            let sets = [effective, permitted, inheritable].map { Int64(bitPattern: $0.rawValue) }
            emit(SANDBOX_SET_CAPABILITIES, sets)
        case .setNoNewPrivileges: emit(SANDBOX_SET_NO_NEW_PRIVILEGES)
        case .loadFilter(let filter):
            let instructionSize = 8
            let count = filter.instructions.count / instructionSize
            // BPF_MAXINSNS; an unsigned short in struct sock_fprog.
            guard count > 0, count <= 4096, filter.instructions.count % instructionSize == 0 else {
                throw SystemError("loading system call filter \(filter.name)", code: EINVAL)
            }
            align()
            let offset = Int64(data.count)
            data += filter.instructions
            emit(SANDBOX_LOAD_FILTER, [offset, Int64(count)])
        case .dieWithEngine: emit(SANDBOX_DIE_WITH_ENGINE)
        case .setUmask(let mask): emit(SANDBOX_SET_UMASK, [Int64(mask)])
        case .readBack(let path): try emit(SANDBOX_READ_BACK, [], [path])
        case .meet: emit(SANDBOX_MEET)
        case .execute(let paths, let arguments, let environment):
            guard !paths.isEmpty else { throw SystemError("executing nothing", code: ENOENT) }
            let lists = [paths, arguments, environment]
            var offsets: [UInt32] = []
            for list in lists { offsets.append(try place(strings: list)) }
            align()
            let pointers = Int64(data.count)
            data += [UInt8](repeating: 0, count: (arguments.count + environment.count + 2) * 8)
            var compiled = sandbox_op()
            compiled.code = SANDBOX_EXECUTE.rawValue
            compiled.text = (offsets[0], offsets[1], offsets[2], 0)
            compiled.number = (Int64(paths.count), Int64(arguments.count), Int64(environment.count), pointers)
            operations.append(compiled)
        }
    }

    // MARK: Encoding

    private mutating func emit(_ code: sandbox_code, _ numbers: [Int64] = []) {
        emit(code, numbers, offsets: [])
    }

    private mutating func emit(
        _ code: sandbox_code, _ numbers: [Int64], _ texts: [String], last: UInt32? = nil
    ) throws(SystemError) {
        var offsets: [UInt32] = []
        for text in texts { offsets.append(try place(strings: [text])) }
        if let last { offsets.append(last) }
        emit(code, numbers, offsets: offsets)
    }

    private mutating func emit(_ code: sandbox_code, _ numbers: [Int64], offsets: [UInt32]) {
        let numbers = numbers + [Int64](repeating: 0, count: 4 - numbers.count)
        let offsets = offsets + [UInt32](repeating: 0, count: 4 - offsets.count)
        var compiled = sandbox_op()
        compiled.code = code.rawValue
        compiled.text = (offsets[0], offsets[1], offsets[2], offsets[3])
        compiled.number = (numbers[0], numbers[1], numbers[2], numbers[3])
        operations.append(compiled)
    }

    /// Places strings in a row, each with its NUL.
    private mutating func place(strings: [String]) throws(SystemError) -> UInt32 {
        let offset = UInt32(data.count)
        for string in strings {
            // A NUL inside would silently cut a path or an argument short.
            if string.utf8.contains(0) { throw SystemError("passing \(string) to a process", code: EINVAL) }
            data += string.utf8
            data.append(0)
        }
        return offset
    }

    /// Places an array of integers.
    private mutating func place<Number: FixedWidthInteger>(_ numbers: [Number]) -> Int64 {
        align()
        let offset = data.count
        for number in numbers { withUnsafeBytes(of: number) { data += $0 } }
        return Int64(offset)
    }

    /// Brings the end of the data to a multiple of eight, for arrays and pointers.
    private mutating func align() {
        while data.count % 8 != 0 { data.append(0) }
    }
}

extension MountFlags {
    /// The same as `MOUNT_ATTR_…` (`mount_setattr(2)`), where the access times are one field and not flags.
    var attributes: UInt64 {
        var attributes = rawValue & 0xF
        if contains(.noAccessTimes) { attributes |= 0x10 }
        if contains(.strictAccessTimes) { attributes |= 0x20 }
        return attributes
    }
}

extension MountPropagation {
    /// MS_PRIVATE, MS_SLAVE or MS_SHARED (`mount(2)`).
    var flag: Int64 {
        switch self {
        case .private, .rprivate: 1 << 18
        case .slave, .rslave: 1 << 19
        case .shared, .rshared: 1 << 20
        }
    }

    /// Whether it goes for the mounts below, too.
    var isRecursive: Bool {
        switch self {
        case .rprivate, .rslave, .rshared: true
        case .private, .slave, .shared: false
        }
    }
}
