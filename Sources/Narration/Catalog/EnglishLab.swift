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
            brief: "{interface} is a {kind} on {parent} ({mode})",
            full: """
                No bridge and no cable of its own: {interface} sits directly on the cable of {parent}{?mac}, with a MAC \
                address of its own, {mac}{/}. To the others on that cable {object} is one more machine. \
                {?mode=passthru}It has the whole cable: {node} itself hears nothing there any more.{:}Only {node} \
                itself can't reach it: what {parent} sends goes out, never across.{/}
                """,
            deep: """
                {?kind=ipvlan}The kernel tells the links on {parent} apart by their IP addresses; all have its MAC \
                address.{:}The kernel sorts the frames that come in at {parent} by MAC address.{/} {?mode=bridge}In the \
                mode bridge links on the same parent also reach each other, inside the kernel.{/}{?mode=private}In the \
                mode private links on the same parent never reach each other.{/}{?mode=vepa}In the mode vepa what links \
                say to each other goes out, and the switch has to send it back.{/}{?mode=passthru}In the mode passthru \
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
