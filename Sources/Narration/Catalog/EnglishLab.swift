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
                (TEST-NET-1, RFC 5737). Read: veth(4), bridge(8).
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
