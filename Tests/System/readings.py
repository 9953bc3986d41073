"""Independent readings of what the engine's steps leave behind: /proc, cgroup files, `ip -j`, `bridge -j`, `tc -j`,
`nft -j`, the stores' own files. For each kind of step there is one who reads, in `READERS`; none asks the engine."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import struct
import urllib.request

import machine
from networks import Namespace


class Disagreement(AssertionError):
    """What a record says is not what is there."""


class Passed(Exception):
    """What the record tells of a moment is over: nobody can look at it any more, or not yet."""


class Places:
    """Where the things of a lab are found on the machine."""

    def __init__(self, lab, machine_pid: int | None = None):
        """- machine_pid: a process in the network namespace that is the machine's to the lab; this one by default."""
        self.lab = lab
        self.machine_pid = machine_pid or os.getpid()
        self.pids: dict[str, int] = {}  # of a container's newest process, by the container's name

    def node(self, name: str) -> Namespace:
        """A node's network namespace."""
        if not os.path.exists(f"{self.lab.home}/{name}.sock"):
            raise Passed(f"{name} does not answer")
        return Namespace(_get(f"{self.lab.home}/{name}.sock", "/drydock/node")["NetworkNamespace"])

    @property
    def cable(self) -> Namespace:
        return Namespace(_get(self.lab.socket, "/drydock/cable")["NetworkNamespace"])

    @property
    def machine(self) -> Namespace:
        return Namespace(f"/proc/{self.machine_pid}/ns/net")

    def store(self, record: dict) -> str:
        return f"{self.lab.home}/{record['node']}/content"


def _get(path: str, what: str) -> dict:
    from harness import UnixConnection
    connection = UnixConnection(path)
    try:
        connection.request("GET", what)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def compare(record: dict, places: Places) -> None:
    """Holds a record's evidence against an independent reading.

    Raises a `Disagreement` where they differ, where the record has no evidence, or where it says more than was read.
    """
    if record["kind"] == "process.clone":
        places.pids[record["object"]] = record["facts"]["pid"]
    if not record["evidence"]:
        raise Disagreement("there is no evidence")
    for evidence in record["evidence"]:
        said, read = evidence["text"], READERS[record["kind"]](record, evidence, places)
        found = [read] if isinstance(read, str) else read
        if " ".join(said.split()) not in [" ".join(text.split()) for text in found]:
            raise Disagreement(f"{evidence['source']}: it says {said!r}, but there is {found!r}")


# Files and directories


def _entries(directory: str) -> str:
    return _counted(sum(len(dirs) + len(files) for _, dirs, files in os.walk(directory)))


def _counted(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries} entries"


def _volume(record, evidence, places):
    path = evidence["source"]
    return _entries(path) if os.path.isdir(path) else "no such directory"


def _gone(record, evidence, places):
    return "still there" if os.path.lexists(evidence["source"]) else "no such directory"


def _writable_layer(record, evidence, places):
    return _counted(len(os.listdir(evidence["source"])))


def _container_file(record, evidence, places):
    with open(evidence["source"], encoding="utf-8") as file:
        text = file.read()
    return [f"{len(text.encode())} bytes", f"name: {json.loads(text)['definition']['name']}"]


def _listed(directory: str) -> str:
    """The names in a directory, in order; of many the first twelve."""
    names = sorted(os.listdir(directory))
    return " ".join(names[:12] + ["…"] * (len(names) > 12)) or "empty"


def _upper_names(record, evidence, places):
    return _listed(evidence["source"])


def _copied(record, evidence, places):
    status = os.stat(record["facts"]["upper"] + evidence["source"])
    return "a directory" if os.path.isdir(record["facts"]["upper"] + evidence["source"]) else \
        f"a file of {status.st_size} bytes"


# The store of images (image-spec)


def _read_json(path: str):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _blob(record, evidence, places):
    with open(evidence["source"], "rb") as file:
        data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    if not evidence["source"].endswith(digest):
        raise Disagreement(f"{evidence['source']} has the digest {digest}")
    answers = [f"{len(data)} bytes, sha256:{digest}", f"{len(data)} bytes"]
    if data[:1] == b"{" and "rootfs" in (config := json.loads(data)):
        count = len(config["rootfs"]["diff_ids"])
        answers.append("1 layer" if count == 1 else f"{count} layers")
    return answers


def _names(places, record) -> dict[str, str]:
    """The names of the store's index, and the configuration that each leads to."""
    store = places.store(record)
    names = {}
    for entry in _read_json(f"{store}/index.json")["manifests"]:
        manifest = _read_json(f"{store}/blobs/{entry['digest'].replace(':', '/')}")
        for value in entry.get("annotations", {}).values():
            names[value.removeprefix("docker.io/library/").removeprefix("docker.io/")] = manifest["config"]["digest"]
    return names


def _tagged(record, evidence, places):
    return [f"{name} {image}" for name, image in _names(places, record).items()]


def _untagged(record, evidence, places):
    if record["facts"]["reference"] in _names(places, record):
        raise Disagreement(f"{record['facts']['reference']} is still in the index")
    there = os.path.exists(f"{places.store(record)}/blobs/{record['facts']['image'].replace(':', '/')}")
    return "the image is still there" if there else "no such image"


def _deleted(record, evidence, places):
    there = os.path.exists(f"{evidence['source']}/blobs/{record['facts']['image'].replace(':', '/')}")
    return "still there" if there else "no such image"


def _committed(record, evidence, places):
    image = record["facts"]["image"]
    layers = _read_json(f"{evidence['source']}/blobs/{image.replace(':', '/')}")["rootfs"]["diff_ids"]
    parents = [name for name in os.listdir(f"{evidence['source']}/blobs/sha256")
               if _layers_of(f"{evidence['source']}/blobs/sha256/{name}") == layers[:-1]]
    return [f"{image} {len(layers)} layers, parent {parent[:12]}" for parent in parents]


def _layers_of(path: str):
    """The layers that a blob lists, if it is a configuration."""
    if os.path.getsize(path) > 1 << 20:
        return None
    with open(path, "rb") as file:
        data = file.read()
    return json.loads(data).get("rootfs", {}).get("diff_ids") if data[:1] == b"{" else None


def _layer(record, evidence, places):
    path = evidence["source"]
    chain = os.path.basename(os.path.dirname(path))
    return [f"{chain[:12]} {_entries(path)}", _listed(path)]


# Registries, by HTTP


def _registry(record, evidence, places):
    method, path = ([*evidence["source"].split()[1:-1], "GET"][0], evidence["source"].split()[-1])
    address = record["facts"].get("registry") or record["object"].split("/")[0]
    if record["kind"] == "layer.upload":
        path = f"/v2/{path.split('/')[2]}/blobs/{record['facts']['digest']}"
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"}
    with urllib.request.urlopen(urllib.request.Request(f"http://{address}{path}", method=method, headers=accept),
                                timeout=20) as answer:
        data = answer.read()
        return [f"{answer.status} {answer.reason}", f"http://{address}/",
                f"{len(data)} bytes, sha256:{hashlib.sha256(data).hexdigest()}"]


# /proc and /sys


def _process(record, evidence, places):
    """A file or link below /proc/PID; the file's lines, or that there is no such process."""
    source = evidence["source"]
    pid = int(source.split("/")[2])
    if not os.path.exists(f"/proc/{pid}"):
        raise Passed(f"process {pid} has ended")
    if source.endswith("/mountinfo"):
        return [text for line in machine.read(source).splitlines() for text in _as_mount_prints(line)]
    return [os.readlink(source)] if os.path.islink(source) else machine.read(source).splitlines()


def _as_mount_prints(line: str) -> list[str]:
    """A line of mountinfo (`proc_pid_mountinfo(5)`) as mount(8) prints it; below a container's future root, too."""
    left, right = line.split(" - ")
    kind, source = right.split()[:2]
    place = left.split()[4]
    inside = re.sub(r"^.*/containers/[0-9a-f]{64}/rootfs(?=/|$)", "", place) or "/"
    return [f"{source} on {where} type {kind} ({left.split()[5]})" for where in (place, inside)]


def _ended(record, evidence, places):
    return "still there" if os.path.exists(evidence["source"]) else "no such process"


def _parameter(record, evidence, places):
    """A file of /proc/sys, read by somebody who is in the namespace that it belongs to."""
    source = evidence["source"]
    if record["kind"] == "uplink.translate":
        return places.machine.run("cat", source)
    kind = "-u" if source.startswith("/proc/sys/kernel/") else "-n"
    return machine.output("nsenter", "-t", str(places.pids[record["object"]]), kind, "cat", source)


def _cgroup(record, evidence, places):
    source = evidence["source"]
    if os.path.isdir(source):
        return "still there"
    if not os.path.exists(source):
        return "no such directory"
    lines = machine.read(source).splitlines()
    return ["; ".join(lines), " ".join(lines), *lines]


def _counters(record, evidence, places):
    """Counters of processes that stand still; the kernel goes on settling pages, of memory that it had lent in batches."""
    found = _cgroup(record, evidence, places)
    if re.search(r"memory\.(usage_in_bytes|current)$", evidence["source"]) and evidence["text"].isdigit():
        return evidence["text"] if abs(int(evidence["text"]) - int(found[0])) < 1 << 20 else found
    return found


# Networks


def _links(namespace: Namespace) -> list[str]:
    texts = []
    for link in namespace.ip("-d", "link"):
        data = link.get("linkinfo", {}).get("info_data", {})
        kind = link.get("linkinfo", {}).get("info_kind")
        start, up = f"{link['ifindex']}: {link['ifname']}", "UP" if "UP" in link["flags"] else "DOWN"
        texts += [f"{link['ifname']} {up}", f"{start} {up} {link['address']}"]
        if "master" in link:
            index = next(other["ifindex"] for other in namespace.ip("link") if other["ifname"] == link["master"])
            texts += [f"{texts[-1]} master {master}" for master in (link["master"], f"if{index}")]
            texts.remove(f"{start} {up} {link['address']}")  # it says less than there is
        if kind == "vxlan":
            texts.append(f"{start} vxlan id {data['id']} local {data['local']} dstport {data['port']}")
        if kind == "macvlan":
            texts.append(f"{start} {link['address']} macvlan mode {data['mode']}")
    return texts


def _network(record, evidence, places):
    """What `ip`, `bridge`, `tc`, `nft` and the tables of sockets say where the evidence is from."""
    source = evidence["source"]
    if source.startswith("/"):
        return _parameter(record, evidence, places)
    made = re.fullmatch(r"node\d", record["object"])  # what a node is made of is done by the one that was asked
    node = places.node(record["node"] if record["kind"] == "node.delete" or not made else record["object"])
    container = places.pids.get(record["object"])
    where = node
    if record["kind"] in ("link.share", "route.add") or record["facts"].get("interface", "").startswith("eth"):
        where = Namespace(f"/proc/{container}/ns/net") if container and record["kind"] != "cable.plug" else node
    if "RTM_GETLINK" in source:
        name = source.split()[2]
        if record["kind"] in ("cable.plug", "cable.change", "node.delete"):
            where = places.cable
        if record["kind"] == "uplink.create":
            where = places.machine
        found = [text for text in _links(where) if re.match(rf"(\d+: )?{name} ", text)]
        return found or ["no such link"]
    if "RTM_GETADDR" in source:
        return _addresses(where, source.split()[-1], evidence["text"])
    if "RTM_GETROUTE" in source:
        return [f"{r['dst']} via {r['gateway']} dev {r['dev']}" for r in where.ip("route") if "gateway" in r]
    if "RTM_GETNEIGH" in source:
        return _neighbours(record, places.node(source.split()[-1]))
    if "RTM_GETQDISC" in source:
        queues = json.loads(places.cable.run("tc", "-j", "qdisc", "show", "dev", source.split()[-1]))
        return [f"rate {queue['options']['rate'] * 8 // 1_000_000}mbit" for queue in queues if "rate" in queue["options"]]
    if source.startswith("getsockname"):
        pid = {"on the machine": places.machine_pid, "in the container": container}.get(source[12:])
        return _sockets(pid, node)
    if source.startswith("nft "):
        where = {"cable.change": places.cable, "uplink.translate": places.machine}.get(record["kind"], node)
        if record["kind"] == "names.serve":
            where = Namespace(f"/proc/{container}/ns/net")
        return _rules(where, source, evidence["text"])
    raise Disagreement(f"nobody knows how to read {source}")


def _addresses(namespace: Namespace, interface: str, said: str) -> str:
    """The addresses of an interface; the link-local one counts where it was told, for the kernel gives it later."""
    found = [f"{entry['local']}/{entry['prefixlen']}" for link in namespace.ip("addr", "show", "dev", interface)
             for entry in link["addr_info"]]
    return " ".join([interface] + [text for text in found if not text.startswith("fe80:") or text in said.split()])


def _neighbours(record, namespace: Namespace) -> list[str]:
    tunnel, mac = record["facts"]["tunnel"], record["facts"]["mac"]
    if tunnel not in namespace.links():
        return ["no such link"]
    behind = {entry["mac"]: entry["dst"] for entry in json.loads(namespace.run("bridge", "-j", "fdb", "show", "dev", tunnel))
              if "dst" in entry}
    neighbours = namespace.ip("neigh", "show", "nud", "permanent", "dev", tunnel)
    known = {entry["lladdr"] for entry in neighbours}
    if set(behind) != known:
        raise Disagreement(f"{tunnel} forwards to {set(behind)}, and knows the addresses of {known}")
    texts = [f"{each} at {end}" for each, end in behind.items()] or ["no entries"]
    texts += [f"{entry['lladdr']} at {entry['dst']}" for entry in neighbours]
    return texts if mac in behind else [f"{mac}: no entry", *texts]


def _sockets(pid: int | None, node: Namespace) -> list[str]:
    """Where somebody listens (`proc_net(5)`), in a process's network or in a node's."""
    found = []
    for name in ("tcp", "tcp6", "udp", "udp6"):
        text = machine.read(f"/proc/{pid}/net/{name}") if pid else node.run("cat", f"/proc/net/{name}")
        for line in text.splitlines()[1:]:
            address, port = line.split()[1].split(":")
            data = b"".join(struct.pack("=I", int(address[i:i + 8], 16)) for i in range(0, len(address), 8))
            host = socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)
            found.append(f"{host}:{int(port, 16)}" if len(data) == 4 else f"[{host}]:{int(port, 16)}")
    return found


def _rules(namespace: Namespace, source: str, said: str) -> list[str]:
    words = source.split()
    kind, family, table = ("map" if words[1] == "get" else words[2]), words[3], words[4]
    listing = json.loads(namespace.run("nft", "-j", "list", "table", family, table))["nftables"]
    if kind in ("chain", "table"):
        return [_rule(entry["rule"]["expr"]) for entry in listing
                if "rule" in entry and kind in ("table", "chain") and entry["rule"]["chain"] in (words[-1], *_chains(listing))]
    name = words[5]
    elements = [element for entry in listing for each in ("set", "map") if entry.get(each, {}).get("name") == name
                for element in entry[each].get("elem", [])]
    texts = [" : ".join(map(_value, element)) if isinstance(element, list) else _value(element) for element in elements]
    if kind == "map":  # the one that was asked for
        key = source[source.index("{") + 1:source.index("}")].strip()
        return [f"elements = {{ {text} }}" for text in texts if text.startswith(key + " ")]
    told = re.fullmatch(r"elements = \{ (.*) \}", said)
    if told and sorted(told[1].split(", ")) == sorted(texts):
        return [said]  # a set has no order
    return [f"elements = {{ {', '.join(texts)} }}"]


def _chains(listing: list[dict]) -> list[str]:
    return [entry["chain"]["name"] for entry in listing if "chain" in entry]


def _value(value) -> str:
    if isinstance(value, dict) and "elem" in value:
        return _value(value["elem"]["val"])
    if isinstance(value, dict) and "concat" in value:
        return " . ".join(map(_value, value["concat"]))
    text = str(value)
    # Names of interfaces are quoted in listings; addresses, protocols and numbers are not.
    return text if re.fullmatch(r"[\d.:a-f/]+|tcp|udp", text) else f'"{text}"'


def _rule(expressions: list[dict]) -> str:
    """A rule's JSON (`libnftables-json(5)`) as `nft list` prints it: of the expressions that our rules have."""
    parts = []
    for expression in expressions:
        [(kind, body)] = expression.items()
        if kind == "match":
            left, [(side, detail)] = body["left"], body["left"].items()
            if side == "payload":
                parts.append(f"{detail['protocol']} {detail['field']} {body['right']}")
            elif side == "meta":
                parts.append(f'{detail["key"]} "{body["right"]}"')
            elif side == "numgen":
                parts.append(f"numgen {detail['mode']} mod {detail['mod']} {body['op']} {body['right']}")
            else:
                parts.append(json.dumps(left))
        elif kind == "dnat":
            parts.append(f"dnat to {body['addr']}:{body['port']}")
        else:
            parts.append(kind)
    return " ".join(parts)


def _node_namespace(record, evidence, places):
    return os.readlink(places.node(record["facts"]["node"]).path)


def _node_gone(record, evidence, places):
    return (_gone if evidence["source"].startswith("/") else _network)(record, evidence | {}, places)


def _released(record, evidence, places):
    """An address is free when nobody has it: no container, no node; and its cable is gone."""
    address = record["facts"]["address"].split("/")[0]
    node = places.node(record["node"])
    if "RTM_GETLINK" in evidence["source"]:
        return "no such link" if evidence["source"].split()[2] not in node.links() else "still there"
    namespaces = [node] + [Namespace(f"/proc/{pid}/ns/net") for pid in places.pids.values() if os.path.exists(f"/proc/{pid}")]
    if any(entry.get("local") == address for each in namespaces for link in each.ip("addr") for entry in link["addr_info"]):
        return "in use"
    if record["facts"]["cable"] and record["facts"]["interface"] in node.links():
        return "its cable is still there"
    return f"{address} is free"


def _network_file(record, evidence, places):
    path, facts = evidence["source"], record["facts"]
    if record["kind"] == "network.delete" and not os.path.exists(path):
        return "no such file"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if record["kind"] == "network.delete":
        return f"no {facts['name']}" if facts["id"] not in text else "still there"
    if facts["id"] not in text and facts["name"] not in text:
        raise Disagreement(f"{path} does not name {facts['name']}")
    return f"{len(text.encode())} bytes"


def _swarm(record, evidence, places):
    members = [member for swarm in _read_json(evidence["source"]) for member in swarm["members"]
               if not member.get("hasLeft")]
    texts = [f"{member['node']} (manager)" if member["isManager"] else member["node"] for member in members]
    return ", ".join(texts) or "no members"


#: Who reads what steps of each kind leave behind.
READERS = {
    "image.resolve": _layer, "registry.resolve": _registry, "manifest.fetch": _blob, "layer.download": _blob,
    "image.verify": _blob, "registry.connect": _registry, "layer.upload": _registry, "manifest.push": _registry,
    "image.load": _blob, "image.import": _blob, "layer.unpack": _layer, "image.tag": _tagged,
    "image.untag": _untagged, "image.delete": _deleted,
    "volume.create": _volume, "volume.fill": _volume, "volume.delete": _volume,
    "files.put": _copied, "image.commit": _committed, "build.instruction": _blob,
    "container.create": _container_file, "layer.create": _writable_layer, "layer.delete": _gone,
    "container.delete": _gone, "container.rename": _container_file,
    "overlay.mount": _writable_layer, "cgroup.create": _cgroup, "cgroup.limit": _cgroup, "process.clone": _process,
    "cgroup.join": _process, "root.attach": _process, "mount.proc": _process, "mount.dev": _process,
    "mount.sys": _process, "mount.files": _process, "mount.volume": _process, "mount.tmpfs": _process,
    "mount.mask": _process, "root.pivot": _process, "hostname.set": _parameter, "parameter.set": _parameter,
    "terminal.open": _process, "resource.limit": _process, "user.become": _process, "capabilities.drop": _process,
    "seccomp.load": _process, "process.execute": _process,
    "node.create": _node_namespace, "node.delete": _node_gone, "cable.plug": _network, "cable.change": _network,
    "network.create": _network_file, "network.delete": _network_file, "bridge.create": _network,
    "bridge.delete": _network, "rules.apply": _network, "port.publish": _network, "names.serve": _network,
    "uplink.create": _network, "uplink.translate": _network, "veth.create": _network,
    "swarm.init": _swarm, "swarm.join": _swarm, "swarm.leave": _swarm, "tunnel.create": _network,
    "neighbours.add": _network, "neighbours.remove": _network, "parent.create": _network, "link.share": _network,
    "address.assign": _network, "route.add": _network, "network.join": _process, "network.none": _process,
    "network.release": _released, "namespace.enter": _process,
    "process.signal": _process, "process.end": _ended, "cgroup.freeze": _cgroup, "cgroup.thaw": _cgroup,
    "cgroup.remove": _cgroup,
    "processes.list": lambda record, evidence, places:
        (_cgroup if evidence["source"].startswith("/sys/") else _process)(record, evidence, places),
    "counters.read": _counters, "changes.read": _upper_names, "files.get": _copied,
}
