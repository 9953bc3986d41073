import EngineAPI

extension EnglishTexts {
    static let networks: [StepKind: Explanation] = [
        .nodeCreate: Explanation(
            "node",
            brief: "{node} has a network of its own",
            full: """
                {node} is a Docker host of the lab: a network namespace in which docker0, its addresses and its rules \
                live, just as on a real host. The interfaces and rules of your machine are left alone.
                """,
            deep: """
                A new network namespace holds a loopback interface and nothing else: no cable, no route, no \
                filter. It lives as long as a process is in it or a descriptor of it is open. Read: \
                network_namespaces(7).
                """),
        .bridgeCreate: Explanation(
            "bridge",
            brief: "{bridge} {address}, the switch of network {network}",
            full: """
                A bridge is a switch made of software. {bridge} joins the containers of {network}, a bridge network, and is \
                their way out, too: its address {address} is their gateway.
                """,
            deep: """
                The kernel learns which MAC address is behind which port and sends a frame only there. A bridge with an \
                address is also an interface of the node, so the node can route between it and the others. \
                Read: bridge(8), ip-link(8).
                """),
        .networkCreate: Explanation(
            "network",
            brief: "{name} is {subnet}, gateway {gateway}",
            full: """
                A network is a name for {?driver=bridge}a bridge{:}a way in which containers are joined{/} and a range \
                of addresses. {subnet} was free: no other network, and \
                nothing that this machine routes, uses any of it.
                """,
            deep: """
                The record is a file, so that the network is there again when the engine starts next; what it is made \
                of lives in the kernel only. Docker chooses from 172.17.0.0/16 on, one after the other. \
                Read: docker network create --help.
                """),
        .portPublish: Explanation(
            "port",
            brief: "{address} leads to {target}",
            full: """
                A published port: who connects to port {number} of {node}, the Docker host, gets to {port} in {object}.{?machine} \
                Your machine has it at {machine}, for a browser; {object} sees the bridge as the sender then.{/}
                """,
            deep: """
                Two ways lead in. Packets that reach {node} from outside get {target} as their destination, by a rule of \
                the kernel (DNAT); so the container sees who really sent them. For the rest the engine listens, and \
                carries the bytes between two connections: for clients on {node} itself, in other containers, and on \
                your machine, where only loopback addresses are used unless -p names another: \
                127.0.0.1 for node1, 127.0.0.2 for a second node. Read: nft(8), ip(7).
                """),
        .namesServe: Explanation(
            "names",
            brief: "{address} answers for names",
            full: """
                On a network that a user made, containers find each other by name. {object} has a name server of its own \
                at {address}, and the engine answers there from what it knows now.
                """,
            deep: """
                The engine's socket is inside the network namespace of {object}, at a port that the kernel \
                chose; one rule there sends to it what is meant for port 53. On the default bridge there are no \
                names. For other names the engine asks the servers that --dns gives, or your machine's where \
                the node has an uplink; else it answers that there is no such name. Read: resolv.conf(5).
                """),
        .uplinkCreate: Explanation(
            "uplink",
            brief: "{nodeInterface} {nodeAddress} to the machine's {machineInterface} {machineAddress}",
            full: """
                A cable from {node} to your machine: what is for nobody in the lab goes out by {nodeInterface}. Your \
                machine has the other end, {machineInterface}, and forwards as a router would.
                """,
            deep: """
                A pair of virtual interfaces, one in each network namespace, with a network of four addresses of its own \
                that your machine routed nowhere before. It is made because DRYDOCK_UPLINK=nat asks for it, and goes with \
                the engine. Read: veth(4).
                """),
        .uplinkTranslate: Explanation(
            "nat",
            brief: "what leaves {subnet} gets the machine's address",
            full: """
                Nobody outside knows the way to {node}. So your machine puts its own address on what comes from \
                there (masquerading), and takes it off the answers. One table of rules, {table}, does that.
                """,
            deep: """
                Packets are translated twice: {node} gives those of its containers its own address, your machine gives \
                them its own. The table belongs to the engine's process, and the kernel removes it with that. Forwarding \
                is switched on for {forwarding} only, and set back at the end. Read: nft(8).
                """),
        .networkDelete: Explanation(
            "network",
            brief: "{name} is gone, {subnet} is free again",
            full: """
                The engine has forgotten the network {name}. Its name and its addresses {subnet} can be used for another.
                """,
            deep: """
                Containers that were made for this network and do not run keep its name in their settings: they \
                cannot start without it. Read: docker network rm --help.
                """),
        .bridgeDelete: Explanation(
            "bridge",
            brief: "{bridge} is unplugged and gone",
            full: """
                The bridge of the network {network} is removed, with its address and its entries in the rules. That was \
                possible because no running container had a cable in it.
                """,
            deep: """
                Removing an interface waits until nothing in the kernel uses it any more, which takes some hundredths of \
                a second. Read: ip-link(8).
                """),
        .rulesApply: Explanation(
            "rules",
            brief: "{bridge} {?internal}has no way out{:}is kept apart from the other networks{/}",
            full: """
                The bridges are all on one node, which routes: without rules each network would reach every other. So \
                packets from one bridge to another are dropped.{?internal} This network is internal: nothing leaves \
                {bridge}, and nothing comes in.{/}{?talks}{:} Its containers cannot talk to each other, either.{/}
                """,
            deep: """
                One table of nftables in the node's namespace, with sets instead of a rule for each network: {bridge} \
                becomes an element of the sets, and the rules never change. What goes elsewhere from {subnet} gets the \
                node's own address (masquerading), since nobody outside knows the way back. Read: nft(8).
                """),
        .vethCreate: Explanation(
            "network",
            brief: "a cable to {bridge}",
            full: """
                A virtual cable. One end is {container} in {object}, the other is plugged into {bridge}, the bridge \
                (a switch made of software) of {node}.
                """,
            deep: """
                A veth pair: what is sent into one end comes out of the other. The host end, {host}, is up and \
                on the bridge before the container's end is up, so that no first packet is lost; the \
                container's end is born inside its network namespace, with the MAC address {mac}, and dies with \
                it. Read: veth(4).
                """),
        .addressAssign: Explanation(
            "address",
            brief: "{interface} {address}",
            full: """
                {?bridge.create:bridge}With the address {address} on the bridge, the node itself is in this \
                network, too.{:}{address} was free in the network {network}, and is {object}'s while it runs. \
                The other containers of this network reach {object} there.{/}
                """,
            deep: """
                The engine keeps the book of addresses; no DHCP is involved. The number after the slash says how many \
                bits name the network: whatever shares them is reached straight through the bridge. \
                Read: ip-address(8).
                """),
        .routeAdd: Explanation(
            "route",
            brief: "default via {gateway}",
            full: """
                What is not for its own network goes to {gateway}{?link.share:parent}, a machine on the cable outside, which decides where \
                it goes next.{:}, the bridge. From there {node} decides where it goes next.{/}
                """,
            deep: """
                A container has a routing table of its own, because it has a network namespace of its own: one line \
                for its network, and this default for the rest, through {interface}. Read: ip-route(8).
                """),
        .networkJoin: Explanation(
            "network",
            brief: "{?kind=container}in the network of container {target}{:}the network of {target}, shared{/}",
            full: """
                No network namespace was made: {object} uses the interfaces, addresses and ports of {target}. A port \
                that is taken there cannot be taken again, and nothing needs to be published.
                """,
            deep: """
                {?kind=container}setns(2) into the network namespace of {target}: the two reach each other on \
                localhost.{:}The clone simply does not ask for CLONE_NEWNET. `--network host` means the network of the \
                Docker host, and here that is {target}, a namespace of the lab.{/} Files, processes and limits are \
                still {object}'s own. Read: network_namespaces(7).
                """),
        .networkNone: Explanation(
            "network",
            brief: "none: a loopback interface and nothing else",
            full: """
                --network none: a network namespace with only lo in it. {object} can talk to itself; nobody else can \
                talk to it, and it reaches nobody.
                """,
            deep: """
                This is what every new network namespace is like before someone lays a cable into it. The driver is \
                called null, the network none. Read: network_namespaces(7).
                """),
        .networkRelease: Explanation(
            "network",
            brief: "{address} is free again; the {?cable}cable{:}interface{/} is gone",
            full: """
                {?cable}{?unplugged}The cable was pulled out of the running container: both ends are gone, since a veth \
                cannot have one end only.{:}The cable went with the network namespace when its last process ended: a \
                veth cannot have one end only.{/}{:}{?unplugged}The interface was taken out of the running \
                container.{:}The interface went with the network namespace when its last process ended.{/}{/} {address} can be given to the next container of the network {network}.
                """,
            deep: """
                {?unplugged}{:}The kernel clears namespaces away in the background{?cable}, so {interface} may \
                still be listed for some hundredths of a second{/}. {/}An address is given out anew at each \
                start and may be another one then; the name stays. Read: network_namespaces(7).
                """),
    ]
}
