import CNFTables
import Glibc
import Posix
import Synchronization

/// nftables in one network namespace (`libnftables(3)`): commands as text, as `nft -f` takes them.
///
/// A context holds a socket of the namespace that it was made in, and an open socket pins a namespace. So a context
/// lives for one call, except where tables are to be owned by it (`flags owner`, `nft(8)`): the kernel removes such a
/// table with the socket that made it, also when the engine is killed.
final class FilterRules: Sendable {
    private let namespace: Descriptor
    private let staysOpen: Bool
    private let kept = Mutex<Context?>(nil)

    /// The library keeps some tables of its own in global variables.
    private static let library = Mutex(())

    init(namespace: Descriptor, staysOpen: Bool) {
        self.namespace = namespace
        self.staysOpen = staysOpen
    }

    /// Runs commands as one transaction.
    ///
    /// - Returns: What they print.
    /// - Throws: ``SystemError`` whose operation carries nftables' own words.
    func run(_ commands: String) throws(SystemError) -> String {
        if !staysOpen {
            return try NamespaceVisit.run(in: namespace) { () throws(SystemError) in try Context().run(commands) }
        }
        return try kept.withLock { context throws(SystemError) -> String in
            let open: Context
            if let context {
                open = context
            } else {
                open = try NamespaceVisit.run(in: namespace) { () throws(SystemError) in try Context() }
                context = open
            }
            return try open.run(commands)
        }
    }

    /// One `struct nft_ctx` with both outputs buffered. Its socket stays in the namespace it was made in, whichever
    /// thread uses it.
    private final class Context: @unchecked Sendable {
        // Only one thread at a time touches it: the creator, or whoever holds the lock of `kept`.
        private let context: OpaquePointer

        init() throws(SystemError) {
            let made = FilterRules.library.withLock { _ in nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) }
            guard let made else { throw SystemError("opening nftables", code: errno == 0 ? ENOMEM : errno) }
            context = made
            guard nft_ctx_buffer_output(made) == 0, nft_ctx_buffer_error(made) == 0 else {
                FilterRules.library.withLock { _ in nft_ctx_free(made) }
                throw SystemError("opening nftables", code: ENOMEM)
            }
        }

        deinit { FilterRules.library.withLock { _ in nft_ctx_free(context) } }

        func run(_ commands: String) throws(SystemError) -> String {
            let (result, output, words) = FilterRules.library.withLock { _ in
                let result = nft_run_cmd_from_buffer(context, commands)
                // Reading a buffer also empties it for the next call.
                return (
                    result, String(cString: nft_ctx_get_output_buffer(context)),
                    String(cString: nft_ctx_get_error_buffer(context))
                )
            }
            guard result == 0 else {
                throw SystemError(
                    "applying nftables rules (\(Self.brief(words, after: commands)))", code: Self.code(of: words))
            }
            return output
        }

        /// nftables' message without blank lines. After a command of several lines, only the sentences: the line that
        /// it then quotes is the first one, whichever is wrong.
        private static func brief(_ words: String, after commands: String) -> String {
            let lines = words.split(separator: "\n")
            let sentences = lines.filter { $0.contains("Error: ") }
            let isOneLine = !commands.dropLast().contains("\n")
            return (isOneLine || sentences.isEmpty ? lines : sentences).joined(separator: "\n")
        }

        /// The error number behind nftables' words: it gives the kernel's reason as a sentence only.
        private static func code(of words: String) -> Int32 {
            for code in [EPERM, ENOENT, EEXIST, EBUSY, EOPNOTSUPP, EAFNOSUPPORT, ENOTDIR, EINVAL, ENOMEM, ERANGE] {
                if words.contains(SystemError("", code: code).reason) { return code }
            }
            return EINVAL
        }
    }
}
