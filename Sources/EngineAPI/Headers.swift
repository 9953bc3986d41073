/// Drydock's additions to the Docker Engine API.
public enum DrydockAPI {
    /// The response header that names the operation whose steps a request caused.
    public static let operationHeader = "Drydock-Operation"
    /// The request header that asks for a plan: the answer is a JSON array of ``StepRecord``, nothing is performed.
    public static let explainHeader = "Drydock-Explain"
    /// The request header that goes with ``explainHeader`` where one command makes several requests: the identities of
    /// containers and images that the requests before it would have removed, with commas between.
    public static let explainGoneHeader = "Drydock-Explain-Gone"
    /// The request header of a question that is to leave no trace in the events: a lesson's check.
    public static let quietHeader = "Drydock-Quiet"
    /// The value of ``explainHeader`` that asks, when a container would be created, for the plan of its start as well.
    public static let explainRun = "run"
    /// The request header with which a request that only reads is told of as well. Without it reading leaves no record:
    /// whoever looks changes nothing, and a check of a lesson can't be seen.
    public static let tellHeader = "Drydock-Tell"
    /// The endpoint of the step stream: JSON lines of ``StepRecord``. Query: `operation=ID` (repeatable),
    /// `since=NANOSECONDS` (since 1970), `follow=1`.
    public static let stepsPath = "/drydock/steps"
    /// What the node is: its name, and where the machine finds its network namespace (`null` on the simulated kernel).
    public static let nodePath = "/drydock/node"
    /// The request header that has a command's procedures wait before each step: the name of a stepping session.
    public static let stepHeader = "Drydock-Step"
    /// A stepping session. `GET` opens it and gives, as JSON lines of ``StepRecord``, each step that waits (`planned`)
    /// and what becomes of it; it ends with the connection. `POST` with `answer=next`, `run` or `stop` lets go on.
    public static let steppingPath = "/drydock/stepping/{session}"
    /// What a container is made of, as the kernel has it now (``ContainerView``): `{name}` stands for the container.
    public static let insidePath = "/drydock/containers/{name}/inside"
    /// The nodes of the lab. `GET` lists them, `POST` with `Name` adds one, `DELETE` of one by name removes it (query:
    /// `force=1`), `POST` of its `/link` with `Up`, `Loss`, `Rate` or `Delay` changes its cable.
    public static let nodesPath = "/drydock/nodes"
    /// What the lab's networks are made of now, node by node: what `drydock topology` draws.
    public static let topologyPath = "/drydock/topology"
    /// What of the engine's own files could not be read when it started: `Sentences`, one each.
    public static let setAsidePath = "/drydock/set-aside"
    /// Where the machine finds the network namespace of the cable between the nodes.
    public static let cablePath = "/drydock/cable"
    /// The lab's own image registry: where it listens and what it has (GET), and a tag taken out of it (DELETE; query:
    /// `repository=PATH`, `tag=TAG`).
    public static let registryPath = "/drydock/registry"
    /// Adds the images of an archive (the body) to the lab's registry.
    public static let registryAddPath = "/drydock/registry/add"
    /// Serves the lab's registry at another address (query: `listen=ADDRESS:PORT`, `token=TEXT` to allow pushes) as long
    /// as the request lasts; the answer is JSON lines, the first with the address, then one for each request.
    public static let registryServePath = "/drydock/registry/serve"
    /// The newest version of the Docker Engine API that the engine answers as.
    public static let version = "1.47"
    /// The oldest version that it understands.
    public static let minimumVersion = "1.24"
}
