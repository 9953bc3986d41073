import EngineAPI

extension EnglishTexts {
    static let lab: [StepKind: Explanation] = [
        .nodeDelete: Explanation(
            "node",
            brief: "{node} is gone with all it had ({?containers=1}1 container{:}{containers} containers{/})",
            full: """
                The Docker host {node} is removed: its containers were stopped, its network namespace was closed, and \
                its directory with images, volumes and networks was deleted.
                """,
            deep: """
                Everything that a node has in the kernel hangs on its network namespace and on processes of the engine. \
                When the last descriptor of the namespace is closed, its bridges, addresses, rules and cables go with \
                it. Read: network_namespaces(7).
                """),
        .swarmInit: Explanation(
            "swarm",
            brief: "{node} is the manager of a new swarm, reached at {address}",
            full: """
                A swarm is a group of Docker hosts that know of each other. {node} is the first and manages it. Others \
                join with a token, and then networks can reach across all of them.
                """,
            deep: """
                A real swarm keeps what its nodes share in a store that its managers agree on (Raft). The nodes of this \
                lab are served by one engine, so the store is one file; only the containers' traffic crosses the cable. \
                Services, secrets and certificates are left out. Read: docker swarm init --help.
                """),
        .swarmJoin: Explanation(
            "swarm",
            brief: "{node} joins the swarm of {manager} as {?isManager}manager{:}worker{/}, at {address}",
            full: """
                {node} showed the token and is now a {?isManager}manager{:}worker{/} of the swarm. The networks of the \
                swarm can be used by its containers, too.
                """,
            deep: """
                Before anything else {node} asked over the cable whether somebody is there; with the cable cut it could \
                not have joined. Its own address {address} is where the other nodes will send their tunnels' packets. \
                Read: docker swarm join --help.
                """),
        .swarmLeave: Explanation(
            "swarm",
            brief: "{node} is in no swarm any more",
            full: """
                {node} has left. {?remaining}The others keep their networks, unless it was the last manager.{:}It was the \
                last, so the swarm is gone{?networks}, with its networks{/}.{/}
                """,
            deep: """
                The node stays listed as down on the managers, until it is removed with docker node rm. \
                Read: docker swarm leave --help.
                """),
        .tunnelCreate: Explanation(
            "tunnel",
            brief: "{network} is tunnel number {vni} between the nodes, from {local}",
            full: """
                The containers of {network} are on several nodes, but talk as if on one switch. On each node the network \
                has a bridge and a tunnel. What is meant for a container elsewhere leaves as the content of a UDP \
                packet to that container's node (VXLAN), marked with the number {vni}.
                """,
            deep: """
                {tunnel} is a port of {bridge} and sends to port {port} of the other nodes. It learns nothing and floods \
                nothing: where each MAC address is, and who has which IP address, the engine enters in its tables, \
                and ARP is answered on the spot. The outer headers take 50 bytes, so the containers' largest packet \
                has 1450. Read: ip-link(8), RFC 7348.
                """),
        .neighboursAdd: Explanation(
            "nodes",
            brief: """
                {?peers}told to {peers}: {address} is behind {end}{:}no other node has a container in it yet{/}
                """,
            full: """
                {?peers}On each node with containers of {network}, two lines were added for this one: frames \
                for {mac} go to the node at {end}, and {address} has that MAC address. {node} knows {known} of \
                theirs.{:}{object} is alone in {network} so far. When a container starts on another node, each \
                will be told of the other.{/}
                """,
            deep: """
                The first line is a forwarding entry of the tunnel {tunnel} (bridge fdb), the second a neighbour entry \
                (ip neigh), both permanent, by rtnetlink. Docker spreads the same two facts by gossip between the nodes. \
                Read: bridge(8), ip-neighbour(8).
                """),
        .neighboursRemove: Explanation(
            "nodes",
            brief:
                "{?peers}told to {peers}: {address} is gone{:}{address} leaves {network}{/}{?last}; the tunnel is gone{/}",
            full: """
                The lines about {mac} and {address} were taken out of the other nodes' tables: nothing is sent to {node} \
                for it any more.{?last} It was the last container of {network} here, so its tunnel went, too.{/}
                """,
            deep: """
                With stale entries the others would go on to send frames to {node} that nobody takes. So the \
                entries of {tunnel} go together with the container. Read: bridge(8).
                """),
        .parentCreate: Explanation(
            "parent",
            brief: "{parent}, {?lower}VLAN {vlan} of {lower}{:}a switch without a way out{/}",
            full: """
                {?lower}On one cable there can be several networks, told apart by a number in each frame (a VLAN). \
                {parent} is the one numbered {vlan} on {lower}.{:}No parent was named, so the network {network} gets a \
                switch of its own that leads nowhere: its containers reach each other and nobody else.{/}
                """,
            deep: """
                {?lower}The kernel adds the number to what leaves {lower} and takes it off what comes in (IEEE 802.1Q); \
                the switch outside has to know it.{:}Docker makes an interface of the kind dummy for this. An empty \
                bridge does the same, and every kernel has one.{/} Read: ip-link(8).
                """),
        .linkShare: Explanation(
            "network",
            brief: "{interface} on {parent}: {kind} ({mode})",
            full: """
                No bridge and no cable of its own: {interface} sits directly on the cable of {parent}{?mac}, with a MAC \
                address of its own, {mac}{/}. To the others on that cable {object} is one more machine. \
                {?mode=passthru}It has the whole cable: {node} itself hears nothing there any more.{:}Only {node} \
                itself can't reach it: what {parent} sends goes out, never across.{/}
                """,
            deep: """
                {?kind=ipvlan}The kernel tells the links on {parent} apart by their IP addresses; all have its MAC \
                address.{:}The kernel sorts the frames that come in at {parent} by MAC address.{/}{?mode=bridge} In the \
                mode bridge links on the same parent also reach each other, inside the kernel.{/}{?mode=private} In the \
                mode private links on the same parent never reach each other.{/}{?mode=vepa} In the mode vepa what links \
                say to each other goes out, and the switch has to send it back.{/}{?mode=passthru} In the mode passthru \
                the link takes over its parent's MAC address.{/} No rule of {node} and no published port is in the way. \
                Read: ip-link(8).
                """),
        .cablePlug: Explanation(
            "cable",
            brief: "{node} is on the lab's cable: {interface} {address}",
            full: """
                The nodes of the lab are joined by a switch that only they see. {interface} of {node} is plugged into \
                it, as a Docker host's network card is into the switch of its room.
                """,
            deep: """
                The switch is a bridge, cable0, in a network namespace of its own; its port for {node} is called {port}. \
                A veth pair joins the two. The addresses belong to nobody's network: they are set aside for examples \
                (RFC 5737). Read: veth(4), bridge(8).
                """),
        .cableChange: Explanation(
            "cable",
            brief: """
                {node}: {?up}plugged in{:}unplugged{/}{?loss}, loses {loss}{/}{?rate}, at most {rate}{/}{?delay}, held \
                back {delay}{/}
                """,
            full: """
                {?up}{node} is plugged into the lab's cable.{:}The cable of {node} is cut: no frame comes or goes, and \
                {node} sees that its link is down.{/}{?loss} Of the frames that pass, {loss} are thrown away by \
                chance.{/}{?rate} Each direction carries at most {rate}.{/}{?delay} Each frame is held back for \
                {delay}.{/}
                """,
            deep: """
                Cutting sets the port of {node} on the bridge down. Loss is a rule of nftables in the frames' path, \
                with a random number for each. A rate is a token bucket on both ends: what comes too fast waits, and \
                when the queue is full it is lost, which is how TCP learns to slow down. Read: tc-tbf(8), nft(8).
                """),
    ]
}
