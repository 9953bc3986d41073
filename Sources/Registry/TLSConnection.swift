import CTLS
import Glibc
import HTTPMessages
import Posix
import Synchronization

/// TLS on a connected socket, from the client's side, by OpenSSL (`ssl(7ossl)`).
final class TLSConnection: ByteTransport {
    private struct Session: @unchecked Sendable {
        // Only touched while the lock is held: OpenSSL's objects belong to one thread at a time.
        let context: OpaquePointer
        let ssl: OpaquePointer
    }
    private let socket: Descriptor
    private let session: Mutex<Session>

    /// Shakes hands with a server.
    ///
    /// - Parameters:
    ///   - socket: The connected socket.
    ///   - host: The name or address that the certificate must be for.
    ///   - authorities: Files with certificates that are trusted beside the machine's own.
    ///   - verifies: Whether the certificate matters; false only for registries that the user named insecure.
    /// - Throws: ``RegistryFailure/tls(host:problem:)``.
    init(_ socket: Descriptor, host: String, authorities: [String], verifies: Bool) throws(RegistryFailure) {
        self.socket = socket
        func failure(_ what: String) -> RegistryFailure { .tls(host: host, problem: "\(what): \(Self.lastError())") }
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw failure("making a TLS context") }
        guard let ssl = SSL_new(context) else {
            SSL_CTX_free(context)
            throw failure("making a TLS connection")
        }
        session = Mutex(Session(context: context, ssl: ssl))
        guard tls_require_version_1_2(context) == 1 else { throw failure("requiring TLS 1.2") }
        SSL_CTX_set_default_verify_paths(context)
        for file in authorities where SSL_CTX_load_verify_locations(context, file, nil) != 1 {
            throw failure("reading the certificates in \(file)")
        }
        let isAddress = (try? TCPSocket.resolve(host, port: 443, isNumeric: true)) != nil
        if isAddress {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host)
        } else {
            guard tls_set_server_name(ssl, host) == 1, SSL_set1_host(ssl, host) == 1 else {
                throw failure("naming the server")
            }
        }
        SSL_set_verify(ssl, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        tls_retry_automatically(ssl)
        guard SSL_set_fd(ssl, socket.number) == 1 else { throw failure("using the socket") }
        let result = SSL_connect(ssl)
        guard result == 1 else {
            let check = SSL_get_verify_result(ssl)
            if check != Int(X509_V_OK) {
                let reason = String(cString: X509_verify_cert_error_string(check))
                throw .tls(host: host, problem: "its certificate is not trusted: \(reason)")
            }
            throw failure("shaking hands")
        }
    }

    deinit {
        session.withLock { session in
            SSL_free(session.ssl)
            SSL_CTX_free(session.context)
        }
    }

    func read(upTo count: Int) throws(SystemError) -> [UInt8] {
        try session.withLock { (session) throws(SystemError) in
            var result: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
                ERR_clear_error()
                result = SSL_read(session.ssl, buffer.baseAddress, Int32(clamping: buffer.count))
                used = max(0, Int(result))
            }
            if result > 0 { return bytes }
            // The peer's goodbye, or its going away without one: the framing of HTTP tells whether something is missing.
            let reason = SSL_get_error(session.ssl, result)
            if reason == SSL_ERROR_ZERO_RETURN || reason == SSL_ERROR_SYSCALL && errno == 0 { return [] }
            throw Self.failure("reading through TLS", reason)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        try session.withLock { (session) throws(SystemError) in
            ERR_clear_error()
            let result = SSL_write(session.ssl, bytes.baseAddress, Int32(clamping: bytes.count))
            if result > 0 { return Int(result) }
            throw Self.failure("writing through TLS", SSL_get_error(session.ssl, result))
        }
    }

    private static func failure(_ operation: String, _ reason: Int32) -> SystemError {
        if reason == SSL_ERROR_SYSCALL, errno != 0 { return .last(operation) }
        return SystemError("\(operation) (\(lastError()))", code: EPROTO)
    }

    /// OpenSSL's sentence for the last error of this thread.
    private static func lastError() -> String {
        let code = ERR_get_error()
        if code == 0 { return errno == 0 ? "the connection ended" : SystemError.last("the connection").description }
        if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
        return "error \(code)"
    }
}
