"""What each command that the narration offers has to show: the facts of the step that it stands under, and what somebody
else reads at the same place.

`PROMISES` names, for each kind of step, the commands as they are offered (`{fact}` is one of the record's facts,
`{clone.pid}` one of the operation's `process.clone`) and what their output has to be like.
"""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import dataclass, field

import machine


class Broken(AssertionError):
    """A command that was offered does not show what it promised."""


class Unmeant(Exception):
    """The command was not offered for this step."""


@dataclass
class Offer:
    """A command that was offered under a step, and what it printed."""

    record: dict
    siblings: dict[str, dict]
    output: str = ""
    #: The node that docker commands go to.
    current: str = "node1"
    #: What later steps of the operation read back: place and text.
    later: list[tuple[str, str]] = field(default_factory=list)

    @property
    def facts(self) -> dict:
        return self.record["facts"]

    def fill(self, template: str) -> str:
        """The template with the record's facts: `{pid}`, `{clone.pid}`, `{image.short}`, `{upper.up2}`."""

        def value(found: re.Match) -> str:
            name, _, rest = found[1].partition(".")
            kinds = {"clone": "process.clone", "enter": "namespace.enter", "made": "node.create"}
            if name == "joining":
                # Root of a user namespace has to be entered first, where the engine has no other.
                rootless = self.siblings["process.clone"].get("owner") is not None
                return " -U --preserve-credentials" if rootless else ""
            if name == "reading":
                return "readlink" if self.facts["by"] == "namespace" else "cat"
            if name in kinds:
                return str(self.siblings[kinds[name]][rest])
            if name == "readBack":
                given = next(e["source"] for e in self.record["evidence"]
                             if e["source"].startswith("/") and " " not in e["source"])
            else:
                given = self.facts[name] if name in self.facts else self.record[name]
            if given is None:
                raise KeyError(name)
            if rest == "short":
                given = re.sub(r"^sha256:", "", given)
                given = given[:12] if re.fullmatch(r"[0-9a-f]{13,}", given) else given
            if rest.startswith("up"):
                given = "/".join(given.split("/")[:-int(rest[2:])])
            return str(given[0] if rest == "first" else given)

        return re.sub(r"\{([a-zA-Z]+(?:\.\w+)?)\}", value, template)

    def is_under(self, template: str, command: str) -> bool:
        """Whether the command is the template's, filled with this step's facts. For a step of another node than that which
        docker commands go to it must name the node."""
        try:
            filled = typable(self.fill(template))
        except (KeyError, StopIteration, IndexError):
            return False
        if filled.startswith("docker ") and not filled.startswith("docker -H ") and self.record["node"] != self.current:
            filled = f"docker -H {self.record['node']} " + filled.removeprefix("docker ")
        return filled == command


def typable(command: str) -> str:
    """Long numbers are offered cut: with `*` inside a path, where the shell completes them."""
    return re.sub(r"(/?)\b([0-9a-f]{12})[0-9a-f]{52}\b", lambda found: found[1] + found[2] + ("*" if found[1] else ""), command)


def squeezed(text: str) -> str:
    """The text with single blanks."""
    return " ".join(text.split())


# What an output can be asked to be like: each takes an offer, and complains.

def shows(*templates: str):
    """All of these are in the output."""
    def check(offer: Offer) -> None:
        for template in templates:
            if squeezed(offer.fill(template)) not in squeezed(offer.output):
                raise Broken(f"{offer.fill(template)!r} is not in {offer.output!r}")
    return check


def lacks(*templates: str):
    """None of these is in the output."""
    def check(offer: Offer) -> None:
        for template in templates:
            if re.search(rf"(?<![\w-]){re.escape(offer.fill(template))}(?![\w-])", offer.output):
                raise Broken(f"{offer.fill(template)!r} is in {offer.output!r}")
    return check


def matches(pattern: str):
    """The output matches; facts in the pattern are taken as they are."""
    def check(offer: Offer) -> None:
        filled = re.sub(r"\{[a-zA-Z]+(?:\.\w+)?\}", lambda found: re.escape(offer.fill(found[0])), pattern)
        if not re.search(filled, offer.output, re.M):
            raise Broken(f"{filled!r} does not match {offer.output!r}")
    return check


def both(*checks):
    """All of these checks hold."""
    def check(offer: Offer) -> None:
        for one in checks:
            one(offer)
    return check


def evidence(offer: Offer) -> None:
    """The output has what was read back, whole."""
    source = offer.fill("{readBack}")
    texts = [e["text"] for e in offer.record["evidence"]]
    # What a later step wrote into the same file is there now.
    texts += [text for place, text in offer.later if place == source]
    # Lines are told in one, with semicolons between.
    if not any(squeezed(text) in squeezed(part) for text in texts
               for part in (offer.output, offer.output.strip().replace("\n", "; "))):
        raise Broken(f"none of {texts} is in {offer.output!r}")


def listing(template: str):
    """The output lists the directory, just as the file system does."""
    def check(offer: Offer) -> None:
        here, shown = set(os.listdir(offer.fill(template))), offer.output.split("\n")
        if any(re.match(r"total \d+$", line) for line in shown):
            shown = [re.sub(r"^(\S+\s+){8}", "", line).split(" -> ")[0] for line in shown[1:]]
        found = {line for line in shown if line not in ("", ".", "..")}
        if found != here:
            raise Broken(f"{offer.fill(template)} holds {sorted(here)}, and {sorted(found)} is shown")
    return check


def changes(offer: Offer) -> None:
    """`docker diff` names all that lies in the container's own layer, and nothing else."""
    upper = offer.facts["upper"]
    here = {f"/{os.path.relpath(os.path.join(path, name), upper)}" for path, dirs, files in os.walk(upper)
            for name in dirs + files}
    found = {line[2:] for line in offer.output.split("\n") if line}
    if found != here:
        raise Broken(f"{upper} holds {sorted(here)}, and {sorted(found)} is shown")


def parsed(check_json):
    """The output is JSON of which something holds, given with the facts."""
    def check(offer: Offer) -> None:
        value = json.loads(offer.output)
        if not check_json(value[0] if isinstance(value, list) else value, offer.facts):
            raise Broken(f"{offer.facts} does not agree with {offer.output}")
    return check


def namespaces(offer: Offer) -> None:
    """Each namespace of the process is named as /proc names it."""
    pid = offer.facts["pid"]
    for kind in os.listdir(f"/proc/{pid}/ns"):
        if os.readlink(f"/proc/{pid}/ns/{kind}") not in offer.output:
            raise Broken(f"{kind} of {pid} is not in {offer.output!r}")


def pids(offer: Offer) -> None:
    """As many numbers as there are processes, and each is a process's. Without a cgroup: the PID namespace they are in."""
    if offer.facts["by"] == "namespace":
        shown = offer.output.strip()
        members = [pid for pid in machine.entries("/proc") if pid.isdigit() and machine.link(f"/proc/{pid}/ns/pid") == shown]
        if len(members) != offer.facts["processes"]:
            raise Broken(f"{offer.facts['processes']} processes, and {members} are in {shown}")
        return
    found = offer.output.split()
    if len(found) != offer.facts["processes"] or not all(os.path.exists(f"/proc/{pid}") for pid in found):
        raise Broken(f"{offer.facts['processes']} processes, and {found} is shown")


def limits(offer: Offer) -> None:
    """/proc/PID/limits has a row with both values, under the name that the kernel gives the limit (proc_pid_limits(5))."""
    if not re.search(rf"(?m)\s{offer.facts['soft']}\s+{offer.facts['hard']}\s", offer.output):
        raise Broken(f"{offer.facts} is not in {offer.output!r}")


def no_row(offer: Offer) -> None:
    """No row has the name's repository and its tag."""
    repository, tag = (offer.facts["reference"] + ":latest").split(":")[:2] if "/" not in offer.facts["reference"] \
        else offer.facts["reference"].rsplit(":", 1)
    if any(line.split()[:2] == [repository, tag] for line in offer.output.split("\n")):
        raise Broken(f"{repository} {tag} is in {offer.output!r}")


def memory(offer: Offer) -> None:
    """A limit of memory is the second of two sizes. Of other limits the command promises nothing."""
    if offer.facts["resource"] == "memory":
        shows(f"/ {int(offer.facts['value']) >> 20}MiB")(offer)
    else:
        raise Unmeant()


def machine_name(offer: Offer) -> None:
    """The machine's own name, which stayed as it was."""
    if offer.output.strip() != socket.gethostname():
        raise Broken(offer.output)


def image_of(value: dict, facts: dict) -> bool:
    return value["Id"] == facts["image"] and ("layers" not in facts or len(value["RootFS"]["Layers"]) == facts["layers"])


image = parsed(image_of)
history = matches(r"^{image.short} ")
descriptor = parsed(lambda value, facts: value["Descriptor"]["digest"] == facts["digest"])
in_network = parsed(lambda value, facts: any(
    facts["address"] == end["IPv4Address"] or facts["address"] == end["IPv4Address"].split("/")[0]
    for end in value["Containers"].values()) or facts["address"].split("/")[0] in json.dumps(value["IPAM"]))
not_in_network = parsed(lambda value, facts: facts["address"] not in
                        [end["IPv4Address"] for end in value["Containers"].values()])
root = both(shows("bin", "proc", "etc"), lambda offer: lacks("boot", "lib64")(offer))

#: For each kind of step the commands that are offered, and what they show.
PROMISES: dict[str, dict[str, object]] = {
    "image.resolve": {
        "docker history {reference}": history, "docker image inspect {reference}": image},
    "registry.resolve": {
        "docker manifest inspect -v {reference}": descriptor, "docker search {repository}": shows("{repository}")},
    "registry.connect": {
        "registry ls": shows("{repository}"),
        "docker manifest inspect -v {object}": shows("{repository}", "Descriptor")},
    "manifest.fetch": {
        "docker manifest inspect {reference}": parsed(lambda value, facts: len(value["layers"]) == facts["layers"]
                                                      and value["config"]["digest"] == facts["image"]),
        "docker image inspect {reference}": image},
    "layer.download": {
        "!ls -l {path}": matches(r" {size} .* {path}$"), "!sha256sum {path}": matches(r"^{digest.short}")},
    "image.verify": {"docker image inspect {reference}": image},
    "layer.upload": {"docker manifest inspect {object}": matches(r'"digest": "{digest}"')},
    "manifest.push": {
        "docker manifest inspect -v {reference}": descriptor, "docker images --digests": shows("{digest}")},
    "image.load": {"docker images": lambda offer: [shows(name.split(":")[0])(offer) for name in offer.facts["images"]]},
    "image.import": {"docker history {image.short}": history, "docker image inspect {image.short}": image},
    "layer.unpack": {"!ls {directory}": listing("{directory}")},
    "image.tag": {"docker images": shows("{image.short}"), "docker image inspect {reference}": image},
    "image.untag": {"docker images": no_row},
    "image.delete": {"docker images -a": lacks("{image.short}")},

    "volume.create": {
        "docker volume inspect {volume}": matches(r'"Mountpoint": "{path}"'), "!ls -la {path}": listing("{path}")},
    "volume.fill": {"!ls -la {path}": listing("{path}")},
    "volume.delete": {"docker volume ls": lacks("{volume}")},
    "files.put": {"docker diff {container}": changes, "!ls -la {upper}": listing("{upper}")},
    "build.instruction": {
        "docker history {image.short}": lambda offer: matches(
            r"^{image.short} " + ("" if offer.facts["reason"] == "base" else ".*" + re.escape(offer.facts["text"].split(maxsplit=1)[1][:20])))(offer)},
    "image.commit": {"docker history {image.short}": history},

    "container.create": {
        "docker inspect {name}": matches(r'"Id": "{id}"'), "docker ps -a": matches(r"^{id.short} .* {name}$"),
        "!ls {directory}": listing("{directory}")},
    "layer.create": {"!ls -la {upper}": listing("{upper}"), "docker diff {object}": changes},
    "layer.delete": {"!ls {upper.up2}": both(listing("{upper.up2}"), lacks("{upper.up1}")), "docker ps -a": lacks("{object}")},
    "container.delete": {"docker ps -a": lacks("{name}", "{id.short}")},
    "container.rename": {"docker ps -a": both(matches(r" {name}$"), lacks("{old}"))},

    "overlay.mount": {
        "!grep overlay /proc/{clone.pid}/mountinfo": matches(r" - overlay overlay .*upperdir="),
        "!ls -la {upper}": listing("{upper}")},
    "cgroup.create": {"!cat {readBack}": evidence},
    "cgroup.limit": {
        "!cat {readBack}": evidence,
        "docker stats --no-stream {object}": memory},
    "process.clone": {
        "!grep NSpid /proc/{pid}/status": matches(r"^NSpid:\s+{pid}\s+{innerPid}$"), "!ls -l /proc/{pid}/ns": namespaces,
        "docker top {object}": matches(r"^\S+\s+{pid}\s")},
    "cgroup.join": {
        "!cat /proc/{clone.pid}/cgroup": matches(r":/?{path}$"), "!cat /proc/{enter.pid}/cgroup": matches(r":/?{path}$")},
    "root.attach": {"!grep overlay /proc/{clone.pid}/mountinfo": matches(r" - overlay overlay ")},
    "mount.proc": {
        "docker exec {object} ps": matches(r"^\s*1 "), "docker top {object}": matches(r"^\S+\s+{clone.pid}\s")},
    "mount.dev": {"docker exec {object} ls -l /dev": shows("null", "zero", "full", "random", "urandom", "tty")},
    "mount.sys": {
        "docker exec {object} grep sysfs /proc/mounts": lambda offer: shows(
            f"sysfs /sys sysfs {'ro' if offer.facts['readOnly'] else 'rw'},")(offer),
        "docker exec {object} ls /sys/class/net": shows("lo")},
    "mount.files": {
        "docker exec {object} cat /etc/hosts": shows("127.0.0.1 localhost"),
        "docker exec {object} cat /etc/resolv.conf": matches(r"^(nameserver|#)")},
    "mount.volume": {
        "docker exec {object} ls -la {target}": listing("{source}"), "!ls -la {source}": listing("{source}")},
    "mount.tmpfs": {"docker exec {object} df {target}": matches(r"^tmpfs\s.* {target}$")},
    "mount.mask": {"docker exec {object} grep /proc/ /proc/mounts": lambda offer: shows(
        *(f" {path} " for path in offer.facts["masked"] + offer.facts["readOnly"] if path.startswith("/proc/")))(offer)},
    "root.pivot": {"!ls /proc/{clone.pid}/root": root, "docker exec {object} ls /": root},
    "hostname.set": {"docker exec {object} hostname": matches(r"^{hostname}$"), "!hostname": machine_name},
    "parameter.set": {"docker exec {object} cat {readBack}": lambda offer: matches(
        "^" + offer.facts["parameters"][0].split("=")[1] + "$")(offer)},
    "terminal.open": {"docker exec {object} ls -l /dev/pts": matches(r"^c.* 0$")},
    "resource.limit": {"!cat /proc/{clone.pid}/limits": limits},
    "user.become": {
        "!grep Uid /proc/{clone.pid}/status": matches(r"^Uid:\s+{uid}\s+{uid}\s"),
        "docker exec {object} id": matches(r"^uid={uid}\b.* gid={gid}\b")},
    "capabilities.drop": {
        "!grep Cap /proc/{clone.pid}/status": evidence, "docker exec {object} grep Cap /proc/1/status": evidence},
    "seccomp.load": {"!grep Seccomp: /proc/{clone.pid}/status": evidence},
    "process.execute": {
        "docker logs {object}": shows("afloat"), "docker top {object}": lambda offer: shows(
            " ".join([os.path.basename(offer.facts["path"])] + offer.facts["arguments"]).split("exec ")[-1])(offer),
        "!ls -l /proc/{clone.pid}/exe": matches(r" -> /bin/\w+$")},

    "node.create": {"@{node} ip address": shows("lo:")},
    "node.delete": {"@cable ip link": lacks("{node}"), "node ls": lacks("{node}")},
    "swarm.init": {"docker node ls": matches(r" {node} .* Leader "), "docker info -f '{{.Swarm.NodeAddr}}'": matches(r"^{address}$")},
    "swarm.join": {
        "docker info -f '{{.Swarm.NodeAddr}}'": matches(r"^{address}$"),
        "docker -H {manager} node ls": shows("{node}", "{manager}")},
    "swarm.leave": {"docker info -f '{{.Swarm.LocalNodeState}}'": matches(r"^inactive$")},
    "tunnel.create": {
        "@{node} ip -d link show {tunnel}": shows("vxlan id {vni}", "local {local}"),
        "docker network inspect {network}": shows('"Name": "{network}"', "{vni}")},
    "neighbours.add": {
        "@{peers.first} bridge fdb show dev {tunnel}": shows("{mac} dst {end}"),
        "@{peers.first} ip neigh show dev {tunnel}": shows("{address} lladdr {mac}"),
        "docker network inspect {network}": in_network},
    "neighbours.remove": {
        "@{peers.first} bridge fdb": lacks("{mac}"), "docker network inspect {network}": lacks("{mac}")},
    "parent.create": {"@{node} ip -d link show {parent}": matches(r"^\d+: {parent}[@:]")},
    "link.share": {
        "docker exec {object} ip address": shows("{interface}", "{mac}"),
        "@{node} ip link show {parent}": matches(r"^\d+: {parent}[@:]")},
    "cable.plug": {"@{node} ip address show eth0": shows("inet {address}"), "@cable bridge link": matches(r"^\d+: {port}@")},
    "cable.change": {
        "node link {node}": lambda offer: shows("{node}: " + ("up" if offer.facts["up"] else "down"),
                                                *(["loses {loss}"] if offer.facts["loss"] else []))(offer),
        "@cable ip -s link show {node}": shows("{node}@", "RX:")},
    "network.create": {
        "docker network inspect {name}": parsed(
            lambda value, facts: value["Id"].startswith(facts["id"]) and value["Driver"] == facts["driver"]
            and (not facts["subnet"] or value["IPAM"]["Config"][0]["Subnet"] == facts["subnet"])),
        "!cat {file}": shows("{name}")},
    "port.publish": {
        "docker port {object}": shows("{port} -> {address}"), "@{node} ss -tuln": matches(r":{number}\s")},
    "names.serve": {
        "docker exec {object} cat /etc/resolv.conf": shows("nameserver {address}"),
        "docker exec {object} nslookup {object}": matches(r"Name:\s+{object}")},
    "uplink.create": {
        "!ip address show {machineInterface}": shows("inet {machineAddress}"),
        "@{node} ip route": matches(r"^default via .* dev {nodeInterface}")},
    "uplink.translate": {"!nft list table ip {table}": shows("table ip {table} ", "masquerade")},
    "network.delete": {"docker network ls": lacks("{name}", "{id.short}")},
    "bridge.delete": {"docker network ls": lacks("{network}"), "@{node} ip link": lacks("{bridge}")},
    "rules.apply": {
        "@{node} nft list table inet drydock": shows('"{bridge}"'),
        "docker network inspect {network}": parsed(lambda value, facts: value["Internal"] == facts["internal"])},
    "bridge.create": {
        "docker network inspect {network}": parsed(lambda value, facts: facts["bridge"] in (
            value["Options"].get("com.docker.network.bridge.name"), "br-" + value["Id"][:12])),
        "@{node} ip address show {bridge}": shows("{bridge}", "inet {address}")},
    "veth.create": {
        "docker exec {object} ip address": shows("{container}", "{mac}"),
        "@{node} ip link show {host}": shows("{host}", "master {bridge}")},
    "address.assign": {
        "@{made.node} ip address": shows("inet {address}"),
        "!nsenter -t {clone.pid}{joining} -n ip address": shows("inet {address}"),
        "@{node} ip address": shows("inet {address}"),
        "docker exec {object} ip address": shows("inet {address}"), "docker network inspect {network}": in_network},
    "route.add": {
        "docker exec {object} ip route": shows("default via {gateway}"),
        "!nsenter -t {clone.pid}{joining} -n ip route": shows("default via {gateway}")},
    "network.join": {"docker exec {object} ip address": shows("docker0", "inet 172.17.0.1/16")},
    "network.none": {"docker exec {object} ip address": both(shows("lo:"), lacks("eth0"))},
    "network.release": {"docker network inspect {network}": not_in_network},

    "namespace.enter": {"docker top {container}": matches(r"^\S+\s+{pid}\s"), "!ls -l /proc/{pid}/ns": namespaces},

    "process.signal": {
        "docker inspect -f '{{.State.Status}}' {object}": matches(r"^(running|exited)$"),
        "!kill -l {number}": lambda offer: matches("^" + offer.facts["signal"].removeprefix("SIG") + "$")(offer)},
    "process.end": {
        "docker ps -a": matches(r" Exited \({exitCode}\) .* {object}$"),
        "docker inspect -f '{{.State.ExitCode}}' {object}": matches(r"^{exitCode}$")},
    "cgroup.freeze": {"docker ps": matches(r"\(Paused\).* {object}$"), "!cat {readBack}": evidence},
    "cgroup.thaw": {"docker ps": both(matches(r" {object}$"), lacks("Paused")), "!cat {readBack}": evidence},
    "cgroup.remove": {"!ls {readBack.up1}": lambda offer: lacks(offer.fill("{readBack}").split("/")[-1])(offer)},

    "processes.list": {"!{reading} {file}": pids, "docker exec {container} ps": matches(r"^\s*1 ")},
    "counters.read": {"!cat {readBack}": matches(r"^[1-9]\d*$"), "docker stats --no-stream {container}": shows("{container}")},
    "changes.read": {"!ls -lR {upper}": shows("{upper}:"), "docker diff {container}": changes},
    "files.get": {"!ls -la {upper}": listing("{upper}"), "docker diff {container}": changes},
}
