"""The evidence of each kind of step is what somebody else reads at the same place: one goes through the commands of all
sorts step by step, and looks while the next step waits."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import tarfile
import threading
import unittest
import urllib.parse

import machine
from harness import ROOT, LabTest, UnixConnection, wait_until
from readings import READERS, Disagreement, Passed, Places, compare
from test_networks import FakeMachine

#: The kinds there are, from the program's own list.
KINDS = set(re.findall(r'= "([a-z]+\.[a-z]+)"', (ROOT / "Sources/EngineAPI/StepKind.swift").read_text()))


class Comparison:
    """What was held against an independent reading so far: by kind, what was wrong with each record."""

    def __init__(self):
        self.found: dict[str, list[str]] = {}
        self.blind: set[str] = set()  # the readers that believed what nobody had said

    def hold(self, record: dict, places: Places) -> None:
        """Compares a record; and, the first time, one that has been tampered with, which must be noticed."""
        kind = record["kind"]
        is_first = kind not in self.found
        try:
            compare(record, places)
        except Passed:
            return
        except (Disagreement, OSError, LookupError, StopIteration, ValueError,
                http.client.HTTPException) as error:
            self.found.setdefault(kind, []).append(f"{record['command']}: {error!r}")
            return
        self.found.setdefault(kind, [])
        if is_first:
            try:
                compare(record | {"evidence": [self.tampered(e) for e in record["evidence"]]}, places)
                self.blind.add(kind)
            except Disagreement:
                pass

    @staticmethod
    def tampered(evidence: dict) -> dict:
        """The last figure is another, or the last word where there is none."""
        text, count = re.subn(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), evidence["text"])
        return evidence | {"text": text if count else evidence["text"] + "s"}


class Walker:
    """Somebody who goes through a request step by step, and looks after each."""

    def __init__(self, lab, comparison: Comparison, places: Places):
        self.lab, self.comparison, self.places = lab, comparison, places
        self.count = 0

    def __call__(self, method: str, path: str, body: dict | bytes | None = None, /, *, node: str = "node1",
                 **query: str) -> dict:
        """Performs a request; gives the JSON of its answer, if that is what it is."""
        self.count += 1
        session = f"look{self.count}"
        where = f"{self.lab.home}/{node}.sock"
        steps = UnixConnection(where, timeout=60)
        steps.request("GET", f"/drydock/stepping/{session}")
        stream = steps.getresponse()
        if query:
            path += "?" + urllib.parse.urlencode(query)
        answers: list[tuple[int, bytes]] = []

        def ask() -> None:
            connection = UnixConnection(where, timeout=60)
            headers = {"Drydock-Step": session, "Drydock-Tell": "1", "X-Registry-Auth": "e30K"}
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            if data is not None:
                headers["Content-Type"] = "application/json" if isinstance(body, dict) else "application/x-tar"
            try:
                connection.request(method, path, body=data, headers=headers)
                response = connection.getresponse()
                answers.append((response.status, response.read()))
            finally:
                connection.close()
                self.tell(where, "DELETE", session)

        asking = threading.Thread(target=ask)
        asking.start()
        last = None
        while line := stream.readline():
            record = json.loads(line) | {"node": node}
            if last:
                self.comparison.hold(last, self.places)
            last = None
            if record["state"] == "planned":
                self.tell(where, "POST", session + "?answer=next")
            elif record["state"] == "performed":
                last = record
        asking.join()
        steps.close()
        if last:
            self.comparison.hold(last, self.places)
        status, answer = answers[0]
        if status >= 400 or b'"errorDetail"' in answer:
            raise AssertionError(f"{method} {path}: {status} {answer[-300:]}")
        return json.loads(answer) if answer[:1] == b"{" and answer.count(b"\n") < 2 else {}

    @staticmethod
    def tell(where: str, method: str, rest: str) -> None:
        connection = UnixConnection(where)
        connection.request(method, f"/drydock/stepping/{rest}")
        connection.getresponse().read()
        connection.close()


def archive(**files: bytes) -> bytes:
    """A tar archive of files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Evidence(LabTest):
    """All kinds of steps, each looked at when it was done."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.comparison = Comparison()
        cls.places = Places(cls.lab, cls.lab.engine_pid)
        cls.walk = Walker(cls.lab, cls.comparison, cls.places)
        cls.look_back({"node.create", "cable.plug", "bridge.create", "rules.apply"})
        cls.containers()
        cls.images()
        cls.endings()
        cls.other_nodes()

    @classmethod
    def look_back(cls, kinds: set[str], node: str = "node1") -> None:
        """Looks at what was done without anybody in between: by the engine itself."""
        connection = UnixConnection(f"{cls.lab.home}/{node}.sock")
        connection.request("GET", "/drydock/steps")
        records = [json.loads(line) for line in connection.getresponse().read().splitlines()]
        connection.close()
        for record in records:
            if record["kind"] in kinds and record["state"] == "performed":
                cls.comparison.hold(record | {"node": node}, cls.places)

    @classmethod
    def run_container(cls, name: str, node: str = "node1", command=("sleep", "1000"), host: dict | None = None,
                      **config) -> None:
        cls.walk("POST", "/containers/create", {"Image": "busybox", "Cmd": list(command), "HostConfig": host or {}} | config,
                 node=node, name=name)
        cls.walk("POST", f"/containers/{name}/start", node=node)

    @classmethod
    def containers(cls) -> None:
        walk = cls.walk
        walk("POST", "/networks/create", {"Name": "lab"})
        walk("POST", "/volumes/create", {"Name": "data"})
        cls.run_container(
            "web", User="1000", Hostname="boat", Tty=True, ExposedPorts={"80/tcp": {}},
            host={"NetworkMode": "lab", "Memory": 32 << 20, "NanoCpus": 500_000_000, "PidsLimit": 50,
                  "Ulimits": [{"Name": "nofile", "Soft": 100, "Hard": 200}], "Sysctls": {"net.core.somaxconn": "77"},
                  "Binds": ["data:/etc", f"{cls.lab.client_home}:/mine:ro"], "Tmpfs": {"/scratch": "size=1m"},
                  "PortBindings": {"80/tcp": [{"HostPort": "18080"}]}})
        cls.run_container("onhost", host={"NetworkMode": "host"})
        cls.run_container("peer", host={"NetworkMode": "container:web"})
        cls.run_container("none", command=("sh", "-c", "echo x > /new; sleep 1000"), host={"NetworkMode": "none"})
        walk("POST", "/networks/bridge/connect", {"Container": "web"})
        walk("POST", "/containers/web/pause")
        walk("POST", "/containers/web/unpause")
        walk("POST", "/containers/web/update", {"Memory": 64 << 20, "MemorySwap": 128 << 20})
        session = walk("POST", "/containers/web/exec", {"Cmd": ["sleep", "1000"], "User": "7"})
        walk("POST", f"/exec/{session['Id']}/start", {"Detach": True})
        upper = f"{cls.lab.home}/node1/containers/{cls.lab.inspect('none')['Id']}/upper"
        wait_until(lambda: machine.read(f"{upper}/new") == "x\n", message="the container wrote nothing")
        walk("PUT", "/containers/none/archive", archive(newer=b"1234567"), path="/")
        # Of processes that stand still the counters do so, too.
        cls.lab.line("docker pause web", "docker top web", "docker stats --no-stream web", "docker diff none",
                     f"docker cp none:/new {cls.lab.client_home}/new", level="full")
        cls.look_back({"processes.list", "counters.read", "changes.read", "files.get"})
        walk("POST", "/containers/web/unpause")

    @classmethod
    def images(cls) -> None:
        walk, registry = cls.walk, cls.lab.get("/drydock/registry")["Address"]
        walk("POST", "/commit", {}, container="none", repo="made", tag="1")
        walk("POST", "/images/made:1/tag", repo=f"{registry}/made", tag="1")
        walk("POST", f"/images/{registry}/made/push", tag="1")
        walk("DELETE", "/images/made:1")
        walk("DELETE", f"/images/{registry}/made:1")
        walk("POST", "/images/create", fromImage=f"{registry}/made", tag="1")
        walk("POST", "/build", archive(Dockerfile=b"FROM busybox\nRUN echo hi > /hi\nCOPY a /b\n", a=b"12"), t="built")
        _, _, saved = cls.lab.request("GET", "/images/built/get", timeout=60)
        walk("DELETE", "/images/built")
        walk("POST", "/images/load", saved)
        walk("POST", "/images/create", archive(file=b"alone"), fromSrc="-", repo="plain", tag="1")

    @classmethod
    def endings(cls) -> None:
        walk = cls.walk
        walk("POST", "/containers/none/rename", name="nobody")
        walk("POST", "/networks/bridge/disconnect", {"Container": "web"})
        walk("POST", "/containers/nobody/stop", t="0")
        walk("DELETE", "/containers/nobody")
        for name in ("peer", "onhost", "web"):
            walk("DELETE", f"/containers/{name}", force="1")
        walk("DELETE", "/networks/lab")
        walk("DELETE", "/volumes/data")
        cls.look_back({"process.end", "cgroup.remove", "network.release"})

    @classmethod
    def other_nodes(cls) -> None:
        walk = cls.walk
        walk("POST", "/drydock/nodes", {"Name": "node2"})
        cls.look_back({"node.create", "cable.plug"}, "node2")
        for change in ({"Loss": 10, "Rate": 1_000_000}, {"Loss": 0, "Rate": 0}, {"Up": False}, {"Up": True}):
            walk("POST", "/drydock/nodes/node2/link", change)
        ranges = {"Config": [{"Subnet": "10.9.0.0/24"}]}
        walk("POST", "/networks/create", {"Name": "lan", "Driver": "macvlan", "IPAM": ranges, "Options": {"parent": "eth0"}})
        walk("POST", "/networks/create", {"Name": "lone", "Driver": "macvlan"})
        cls.run_container("mac", host={"NetworkMode": "lan"})
        cls.run_container("mac2", host={"NetworkMode": "lone"})
        walk("POST", "/swarm/init", {"ListenAddr": "0.0.0.0:2377"})
        swarm = cls.lab.get("/swarm")
        manager = cls.lab.get("/info")["Swarm"]["NodeAddr"]
        walk("POST", "/swarm/join", {"RemoteAddrs": [f"{manager}:2377"], "JoinToken": swarm["JoinTokens"]["Worker"]},
             node="node2")
        walk("POST", "/networks/create", {"Name": "over", "Driver": "overlay", "Attachable": True})
        cls.run_container("over1", host={"NetworkMode": "over"})
        cls.run_container("over2", node="node2", host={"NetworkMode": "over"})
        walk("DELETE", "/containers/over2", node="node2", force="1")
        cls.look_back({"neighbours.remove"}, "node2")
        walk("POST", "/swarm/leave", node="node2")
        walk("DELETE", "/drydock/nodes/node2")
        for name in ("over1", "mac", "mac2"):
            walk("DELETE", f"/containers/{name}", force="1")
        for name in ("over", "lan", "lone"):
            walk("DELETE", f"/networks/{name}")

    def test_each_kind_has_a_reader(self):
        self.assertEqual(KINDS ^ set(READERS), set())
        self.assertGreater(len(KINDS), 80)

    def test_each_kind_was_looked_at(self):
        uplink = {"uplink.create", "uplink.translate"}  # `Uplink` below
        self.assertEqual(KINDS - set(self.comparison.found) - uplink, set())

    def test_each_reading_agrees(self):
        for kind, problems in sorted(self.comparison.found.items()):
            with self.subTest(kind):
                self.assertEqual(problems, [])

    def test_each_reader_would_notice(self):
        self.assertEqual(self.comparison.blind, set())


@unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
class Uplink(unittest.TestCase):
    """The steps that join a node and its machine: on a machine that the test makes."""

    def test_each_reading_agrees_and_would_notice(self):
        here = FakeMachine(self)
        lab = here.lab("nat")
        comparison, places = Comparison(), Places(lab, here.process.pid)
        for record in lab.steps():
            if record["kind"].startswith("uplink."):
                comparison.hold(record | {"node": "node1"}, places)
        self.assertEqual(comparison.found, {"uplink.create": [], "uplink.translate": []})
        self.assertEqual(comparison.blind, set())


if __name__ == "__main__":
    unittest.main()
