/// Which system calls a container's processes may make (`seccomp(2)`): rules by name, for a set of architectures.
///
/// It has what Docker's profiles have, as values: a rule may depend on the container's capabilities, the architecture
/// and the kernel's version, and is decided when the profile is compiled.
public struct SeccompProfile: Sendable, Hashable {
    /// What the profile is called, for people: `docker-default`, or a file's name.
    public var name: String
    /// What happens to a call that no rule covers.
    public var defaultAction: Action
    /// For each native architecture, the further ones whose programs the kernel runs as well.
    public var architectures: [Architecture: [Architecture]]
    /// The rules. The first that applies to a call decides only among equals: as in libseccomp, the rules of one call
    /// are alternatives.
    public var rules: [Rule]

    /// A profile.
    public init(
        name: String, defaultAction: Action, architectures: [Architecture: [Architecture]], rules: [Rule]
    ) {
        self.name = name
        self.defaultAction = defaultAction
        self.architectures = architectures
        self.rules = rules
    }

    /// What the kernel does with a call (`seccomp(2)`, SECCOMP_RET_…).
    public enum Action: Sendable, Hashable {
        /// It is carried out.
        case allow
        /// It fails with this error number.
        case fail(UInt16)
        /// It is carried out, and logged.
        case log
        /// The process gets SIGSYS.
        case trap
        /// A tracer is asked, and told this number.
        case trace(UInt16)
        /// The calling thread dies.
        case killThread
        /// The whole process dies.
        case killProcess
    }

    /// A processor architecture, by libseccomp's name for it (`seccomp_arch_resolve_name(3)`).
    public enum Architecture: String, Sendable, Hashable, CaseIterable {
        case x86_64, x86, x32
        case aarch64, arm
        case riscv64, loongarch64
        case s390x, s390
        case ppc64le
        case mips64, mips, mips64n32, mipsel64, mipsel, mipsel64n32

        /// The one that this program was built for; `nil` where filters have not been thought of.
        public static var native: Architecture? {
            #if arch(x86_64)
                .x86_64
            #elseif arch(arm64)
                .aarch64
            #elseif arch(riscv64)
                .riscv64
            #elseif arch(s390x)
                .s390x
            #elseif arch(powerpc64le)
                .ppc64le
            #else
                nil
            #endif
        }
    }

    /// One action for some calls.
    public struct Rule: Sendable, Hashable {
        /// The calls' names. Those that this kernel or libseccomp does not know are passed over.
        public var names: [String]
        /// What happens to them.
        public var action: Action
        /// What the call's arguments must be; all of these at once.
        public var arguments: [Comparison]
        /// When the rule counts: every part that is given must hold.
        public var includes: Condition
        /// When it does not: any part that holds is enough.
        public var excludes: Condition

        /// A rule.
        public init(
            _ names: [String], _ action: Action = .allow, arguments: [Comparison] = [],
            includes: Condition = Condition(), excludes: Condition = Condition()
        ) {
            self.names = names
            self.action = action
            self.arguments = arguments
            self.includes = includes
            self.excludes = excludes
        }
    }

    /// A comparison of one argument with a value.
    public struct Comparison: Sendable, Hashable {
        /// How they are compared.
        public enum Operator: Int, Sendable, Hashable {
            case notEqual = 1
            case less, lessOrEqual, equal, greaterOrEqual, greater
            /// The argument's bits under the mask `value` equal `masked`.
            case maskedEqual
        }
        /// Which argument, 0...5.
        public var index: UInt32
        /// How it is compared.
        public var comparison: Operator
        /// With what; for ``Operator/maskedEqual``, under which mask.
        public var value: UInt64
        /// What the masked bits must be.
        public var masked: UInt64

        /// A comparison.
        public init(_ index: UInt32, _ comparison: Operator, _ value: UInt64, masked: UInt64 = 0) {
            self.index = index
            self.comparison = comparison
            self.value = value
            self.masked = masked
        }
    }

    /// What a rule may depend on. Parts that are not given say nothing.
    public struct Condition: Sendable, Hashable {
        /// Capabilities that the container has: all of them to include, any of them to exclude.
        public var capabilities: CapabilitySet
        /// The native architecture is one of these.
        public var architectures: Set<Architecture>
        /// The kernel is at least of this version.
        public var minimumKernel: KernelVersion?

        /// A condition.
        public init(
            capabilities: CapabilitySet = [], architectures: Set<Architecture> = [], minimumKernel: KernelVersion? = nil
        ) {
            self.capabilities = capabilities
            self.architectures = architectures
            self.minimumKernel = minimumKernel
        }
    }

    /// The two first numbers of a kernel's version.
    public struct KernelVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// The 6 of 6.18.
        public var major: Int
        /// The 18 of 6.18.
        public var minor: Int

        /// A version.
        public init(_ major: Int, _ minor: Int) {
            self.major = major
            self.minor = minor
        }

        /// The version in a text that begins with it, such as `6.18.44-generic`.
        public init?(_ text: String) {
            let numbers = text.split(separator: ".", maxSplits: 2).prefix(2).map { Int($0.prefix(while: \.isNumber)) }
            guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return nil }
            self.init(major, minor)
        }

        /// Orders by the numbers.
        public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
            (left.major, left.minor) < (right.major, right.minor)
        }

        /// `6.18`
        public var description: String { "\(major).\(minor)" }
    }

    /// The rules that count for a container's capabilities, an architecture and a kernel.
    public func rules(
        capabilities: CapabilitySet, architecture: Architecture, kernel: KernelVersion
    ) -> [Rule] {
        rules.filter { rule in
            let (wanted, unwanted) = (rule.includes, rule.excludes)
            return wanted.capabilities.isSubset(of: capabilities)
                && (wanted.architectures.isEmpty || wanted.architectures.contains(architecture))
                && (wanted.minimumKernel.map { $0 <= kernel } ?? true)
                && unwanted.capabilities.isDisjoint(with: capabilities)
                && !unwanted.architectures.contains(architecture)
                && !(unwanted.minimumKernel.map { $0 <= kernel } ?? false)
        }
    }
}
