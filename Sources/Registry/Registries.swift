import HTTPMessages
public import OCI
import OrderedJSON
import Posix
import Synchronization

/// All registries that an engine speaks to: the lab's own first, then mirrors, then the one that a name belongs to.
public final class Registries: Sendable {
    /// How they are reached.
    public let settings: RegistrySettings
    let exchange: HTTPExchange
    private let embedded = Mutex<RegistryURL?>(nil)
    /// Blobs that are being fetched: of two who want the same, one fetches and the other waits.
    private let fetching = Monitor<Set<String>>([])

    /// The host of Docker Hub, whose names say `docker.io`.
    private static let hub = RegistryURL(.https, host: "registry-1.docker.io", port: 443)
    /// Where Docker Hub is searched.
    private static let hubIndex = RegistryURL(.https, host: "index.docker.io", port: 443)

    /// Registries that are reached as the settings say.
    public init(_ settings: RegistrySettings) {
        self.settings = settings
        exchange = HTTPExchange(settings)
    }

    /// Where the lab's own registry listens; `nil` without one.
    public var embeddedURL: RegistryURL? {
        get { embedded.withLock { $0 } }
        set { embedded.withLock { $0 = newValue } }
    }

    /// The registry that a name belongs to.
    public func client(for domain: String, credentials: RegistryCredentials? = nil) throws -> RegistryClient {
        if domain == ImageReference.defaultDomain {
            return client(named: domain, [Self.hub], credentials: credentials)
        }
        guard let secure = RegistryURL(.https, authority: domain), let plain = RegistryURL(.http, authority: domain)
        else { throw RegistryFailure.unreachable(registry: domain, reason: "the name is no host") }
        // On this machine nobody is in between, so the plain way is tried first there.
        let candidates = plain.isLoopback ? [plain, secure] : settings.isInsecure(secure) ? [secure, plain] : [secure]
        return client(named: domain, candidates, credentials: credentials)
    }

    private func client(
        named name: String, _ candidates: [RegistryURL], credentials: RegistryCredentials?
    ) -> RegistryClient {
        RegistryClient(name: name, candidates: candidates, credentials: credentials, exchange: exchange)
    }

    /// The lab's own registry.
    public var lab: RegistryClient? {
        embeddedURL.map { client(named: $0.authority, [$0], credentials: nil) }
    }

    /// Whom to ask for an image, in order.
    public func sources(for domain: String, credentials: RegistryCredentials? = nil) throws -> [RegistryClient] {
        let own = try client(for: domain, credentials: credentials)
        guard domain == ImageReference.defaultDomain else { return [own] }
        let mirrors = settings.mirrors.map { client(named: $0.authority, [$0], credentials: nil) }
        return [lab].compactMap { $0 } + mirrors + [own]
    }

    /// Searches Docker Hub.
    /// - Returns: Its results as the API of Docker's engine has them.
    public func searchHub(_ term: String, limit: Int) throws -> [JSON] {
        let url = Self.hubIndex.at("/v1/search").adding("q", PercentEncoding.queryComponent(term)).adding(
            "n", "\(limit)")
        let answer = try exchange.call(HTTPCall(method: "GET", url: url))
        let bytes = try answer.readToEnd(limit: RegistryClient.documentLimit)
        guard answer.status == 200 else {
            throw RegistryFailure.refused(registry: "docker.io", what: "the search", status: answer.status, reason: "")
        }
        return try JSON(parsing: bytes)["results"]?.array ?? []
    }

    /// Fetches a blob into a store, unless it is there, or somebody else is just fetching it: then their end is awaited.
    public func fetchOnce(
        _ descriptor: BlobDescriptor, of repository: String, from client: RegistryClient, into store: ContentStore,
        what: String, progress: (Int64) throws -> Void
    ) throws -> ReceivedBlob {
        let key = store.path(of: descriptor.digest)
        // What is here but damaged is fetched again.
        while true {
            if store.isSound(descriptor) { return ReceivedBlob(bytes: 0, resumptions: 0) }
            if fetching.withLock({ $0.insert(key).inserted }) { break }
            // Woken now and then to see whether the result is still wanted.
            _ = fetching.wait(seconds: 0.25) { $0.contains(key) ? nil : true }
            try progress(0)
        }
        defer { fetching.withLock { _ = $0.remove(key) } }
        if store.isSound(descriptor) { return ReceivedBlob(bytes: 0, resumptions: 0) }
        return try client.fetch(descriptor, of: repository, into: store, what: what, progress: progress)
    }
}
