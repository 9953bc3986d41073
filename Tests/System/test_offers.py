"""Each command that the narration offers can be typed where it is offered, and shows what it promises."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import PROGRAM, ROOT, Lab, LabTest, Result, UnixConnection
from promises import PROMISES, Broken, Offer, Unmeant
from terminal import CTRL_D, ENTER, PROMPT
from test_networks import FakeMachine
from test_rootless import USER, RootlessTest

#: The kinds of steps there are, from the program's own list.
KINDS = set(re.findall(r'= "([a-z]+\.[a-z]+)"', (ROOT / "Sources/EngineAPI/StepKind.swift").read_text()))
STEP_PROMPT = r"\[q\] take back > $"
CONTAINER_PROMPT = r"/ # $"
OFFERED = re.compile(r"^\|\s+> (.+?)(?:\s{2,}(in .+?))?\s*$")


class Student:
    """Somebody who types lines, and then each command that was offered under them."""

    def __init__(self, test: unittest.TestCase, lab: Lab):
        self.test, self.lab = test, lab
        self.node = "node1"
        #: The kinds of steps that were told of, and the promises that were kept: kind and template.
        self.kinds: set[str] = set()
        self.kept: set[tuple[str, str]] = set()
        self.offers = 0
        self.begin = 0

    def start(self) -> None:
        """What is done from now on is what is told of."""
        self.begin = time.time_ns()

    def records(self) -> list[dict]:
        """What the lab's engines recorded since the start, each with its node."""
        found = []
        for name in sorted(os.listdir(self.lab.home)):
            if not name.endswith(".sock"):
                continue
            connection = UnixConnection(f"{self.lab.home}/{name}")
            connection.request("GET", "/drydock/steps")
            node = name.removesuffix(".sock")
            found += [json.loads(line) | {"node": node} for line in connection.getresponse().read().splitlines()]
            connection.close()
        return [record for record in found if record["time"] >= self.begin]

    def type(self, line: str, *, node: str = "node1") -> Result:
        """Types a line, asks for more on each of its steps, and types all that is offered."""
        self.node = node
        self.start()
        use = [f"node use {node}"] if node != "node1" else []
        asked = [word for text in ["steps"] + [f"why {number}" for number in range(1, 16)] for word in ("-c", text)]
        told = self.lab.drydock("--narrate", "deep", *(word for text in use + [line] for word in ("-c", text)), *asked)
        with self.test.subTest(line=line):
            self.test.assertEqual(told.code, 0, told.err[-1000:])
        self.take(line, told.out + told.err, lambda command: self.lab.line(*use, command, level="off"),
                  numbers=re.findall(r"(?m)^\|\s+(\d+)\s+([a-z]+\.[a-z]+)\s", told.out))
        return told

    def walk(self, lines: list[str], values: dict[str, str]) -> None:
        """Types one line after another, filled with values; `node2: …` is typed on that node, which joins as it is told."""
        for line in lines:
            line = line.format(**values)
            node, _, rest = line.partition(": ")
            told = self.type(rest, node=node) if node == "node2" else self.type(line)
            if "swarm init" in line:
                values["join"] = re.search(r"docker swarm join .*", told.out)[0]

    def take(self, line: str, told: str, run, numbers: list[tuple[str, str]] = ()) -> None:
        """Types all that was offered in a text. With the list of `steps`, a number and a kind each, an offer is held
        against the steps under whose number it stands."""
        records = self.records()
        self.kinds |= {record["kind"] for record in records}
        for command, place, number in sorted(set(offers(told))):
            kinds = {kind for found, kind in numbers if found == number} or KINDS
            self.offers += 1
            with self.test.subTest(line=line, offered=command, place=place):
                result = run(command)
                # Choosing the node said so; it is not the command's.
                result.out = re.sub(r"\Anow on node2\n", "", result.out)
                self.test.assertEqual(result.code, 0, result.err)
                self.hold(command if not place.startswith("in ") or "terminal" in place
                          else f"docker exec {place.removeprefix('in ')} {command}", result.out, [record for record in records if record["kind"] in kinds], records)

    def hold(self, command: str, output: str, told: list[dict], records: list[dict]) -> None:
        """Holds what a command printed against the promises of the steps that it stands under."""
        found, problems = False, []
        for record in told:
            siblings: dict[str, dict] = {}
            for other in records:
                if other["operation"] == record["operation"]:
                    siblings.setdefault(other["kind"], other["facts"])
            later = [(e["source"], e["text"]) for other in records if other["operation"] == record["operation"]
                     and other["index"] > record["index"] for e in other["evidence"]]
            offer = Offer(record, siblings, output, self.node, later)
            for template, check in PROMISES[record["kind"]].items():
                if offer.is_under(template, command):
                    try:
                        check(offer)
                        found = True
                        self.kept.add((record["kind"], template))
                    except Broken as error:
                        problems.append(f"{record['kind']}: {error}")
                    except Unmeant:
                        continue
        self.test.assertEqual(problems, [])
        self.test.assertTrue(found, f"no step promises {command!r}")

    def broken(self) -> set[tuple[str, str]]:
        """The promises of the kinds that were told of which nobody gave."""
        return {(kind, template) for kind in self.kinds for template in PROMISES[kind]} - self.kept


def offers(told: str) -> list[tuple[str, str, str]]:
    """What is offered in a text: the command, where to type it if not here, and under which number it stands."""
    found, number = [], ""
    for line in told.split("\n"):
        if step := re.match(r"\| {0,2}(\d+) (?!of )\S+ ", line):
            number = step[1]
        if offer := OFFERED.match(line):
            found.append((offer[1], offer[2] or "", number))
    return found


def with_a_context(test: unittest.TestCase, lab: Lab) -> dict[str, str]:
    """A folder to build from; gives what lines name."""
    context = tempfile.mkdtemp(prefix="drydock-test-", dir="/tmp")
    test.addCleanup(shutil.rmtree, context)
    os.chmod(context, 0o755)
    with open(f"{context}/Dockerfile", "w", encoding="utf-8") as file:
        file.write("FROM busybox\nRUN echo hi > /hi\n")
    return {"file": f"{context}/file", "context": context, "registry": lab.get("/drydock/registry")["Address"], "join": "",
            "program": "sh -c 'echo afloat; exec sleep 1000'"}


class Offers(LabTest):
    """All that is offered of one line after another: together they have every kind of step but those of an uplink."""

    LINES = [
        "docker network create lab", "docker volume create kept", "docker run -d -t --name web --network lab --hostname boat "
        "-m 32m --ulimit nofile=100:200 -u 1000 -v kept:/bin --tmpfs /scratch --sysctl net.core.somaxconn=77 -p 18080:80 "
        "busybox {program}", "docker run -d --name plain --cpus 0.5 --pids-limit 50 busybox {program}",
        "docker run -d --name onhost --network host busybox {program}",
        "docker run -d --name none --network none busybox {program}", "docker network connect bridge web",
        "docker pause web", "docker unpause web", "docker update -m 64m --memory-swap 128m web", "docker exec -d web sleep 999",
        "docker top web", "docker stats --no-stream web", "docker diff none", "docker cp none:/etc/passwd {file}",
        "docker cp {file} none:/new", "docker commit none made:1", "docker tag made:1 {registry}/made:1",
        "docker push {registry}/made:1", "docker rmi made:1", "docker rmi {registry}/made:1",
        "docker pull {registry}/made:1", "docker build -t built {context}", "docker save -o {file} built",
        "docker rmi built", "docker load -i {file}", "docker export -o {file} none", "docker import {file} plain:1",
        "docker rename none nobody", "docker network disconnect bridge web", "docker stop -t 0 nobody", "docker rm nobody",
        "docker create --name still busybox true", "docker run --name short busybox echo afloat", "docker rm still short",
        "node add node2", "node link node2 --loss 10%", "node link node2 --loss 0",
        "docker network create -d macvlan lone", "docker run -d --name mac --network lone busybox {program}",
        "docker swarm init", "node2: {join}", "docker network create -d overlay --attachable over",
        "docker run -d --name over1 --network over busybox {program}",
        "node2: docker run -d --name over2 --network over busybox {program}", "node2: docker rm -f over2",
        "docker rm -f over1", "node2: docker swarm leave", "node rm node2", "docker rm -f mac web onhost plain",
        "docker network rm lab over lone", "docker volume rm kept",
    ]
    # On a machine that has an uplink: `Uplink` below.
    ELSEWHERE = {"uplink.create", "uplink.translate"}

    def test_after_each_line(self):
        student = Student(self, self.lab)
        values = with_a_context(self, self.lab)
        student.walk(self.LINES, values)
        self.assertGreater(student.offers, 200)
        self.assertEqual(KINDS - student.kinds - self.ELSEWHERE, set())
        self.assertEqual(student.broken(), set())

    def test_in_the_container_that_has_the_terminal(self):
        student = Student(self, self.lab)
        with self.lab.shell("--narrate", "deep", columns=80, rows=500) as terminal:
            terminal.prompt()
            student.start()
            terminal.type("docker run -it --name box busybox sh")
            told = terminal.expect(CONTAINER_PROMPT).replace("\r", "")

            def run(command: str) -> Result:
                terminal.type(command)
                shown = terminal.expect(CONTAINER_PROMPT).replace("\r", "")
                return Result(0, shown.partition("\n")[2].removesuffix("/ # "), "")

            inside = "\n".join(line for line in told.split("\n") if line.rstrip().endswith("in box"))
            self.assertGreaterEqual(len(offers(inside)), 2)
            student.take("docker run -it", inside, run)
            terminal.type("exit")
            terminal.prompt()
            terminal.send(CTRL_D)
            self.assertEqual(terminal.wait(), 0)

    def test_between_two_steps(self):
        """In another terminal, while the next step waits."""
        student = Student(self, self.lab)
        with self.lab.shell("--narrate", "deep", columns=80, rows=500) as terminal:
            terminal.prompt()
            student.start()
            terminal.type("step docker run -d --name web -m 32m -u 1000 --ulimit nofile=100:200 busybox sleep 1000")
            while True:
                shown = terminal.expect(f"{STEP_PROMPT}|{PROMPT}").replace("\r", "")
                offered = "\n".join(line for line in shown.split("\n") if line.endswith("in another terminal"))
                student.take(shown[:200], offered, lambda command: self.lab.line(command, level="off"))
                if not re.search(STEP_PROMPT, shown):
                    break
                terminal.send(ENTER)
        self.assertGreaterEqual(student.offers, 15)

    def test_of_pages_about_whole_containers(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "web", "busybox", "sleep", "1000"))
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "shop", "busybox", "sleep", "1000"))
        page = self.assertSucceeds(self.lab.line("inside web", "compare web shop")).out
        offered = re.findall(r"(?m)^\|\s+> (.+)$", page)
        self.assertGreaterEqual(len(offered), 8)
        for command in offered:
            with self.subTest(command):
                result = self.assertSucceeds(self.lab.line(command, level="off"))
                # A container that has written nothing has no changes.
                if "diff" not in command:
                    self.assertNotEqual(result.out.strip(), "")


@unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
class Uplink(unittest.TestCase):
    """What is offered of a node that is joined with its machine: on a machine that the test makes."""

    def test_after_each_line(self):
        student = Student(self, FakeMachine(self).lab("nat"))
        student.type("node add node2")
        self.assertLessEqual(Offers.ELSEWHERE, student.kinds)
        self.assertEqual({promise for promise in student.broken() if promise[0] in Offers.ELSEWHERE}, set())


class Simulated(unittest.TestCase):
    """What is offered where containers can't be made: nothing is real, so nothing is to be seen from outside."""

    LINES = [
        "docker network create lab", "docker volume create kept", "docker run -d --name web --network lab -m 32m --cpus 0.5 "
        "-u 1000 -v kept:/data -p 18080:80 busybox sh -c 'echo afloat; sleep 1000'", "docker network connect bridge web", "docker pause web",
        "docker unpause web", "docker update -m 64m --memory-swap 128m web", "docker tag busybox mine:1", "docker rmi mine:1",
        "docker run --name short busybox echo afloat", "docker rename short other", "docker network disconnect bridge web",
        "docker stop -t 0 web", "docker rm web other", "docker network rm lab", "docker volume rm kept",
    ]

    def test_after_each_line(self):
        lab = Lab()
        self.addCleanup(lab.remove)
        lab.environment["DRYDOCK_KERNEL"] = "simulated"
        lab.start_engine()
        student = Student(self, lab)
        for line in self.LINES:
            told = student.type(line)
            with self.subTest(line=line):
                if any(record["isSimulated"] for record in student.records()):
                    self.assertIn("simulated", told.err)
                    self.assertIn("simulated", told.out)
                places = {command[0] for command, _, _ in offers(told.out + told.err)}
                self.assertLessEqual(places, {"d"}, "only docker's own commands can be typed")
        self.assertGreater(student.offers, 35)


class WithoutRoot(RootlessTest):
    """What is offered to somebody whose engine has no root: the same, and it can be typed as well."""

    #: What takes a cgroup, a second user, or a file of root's.
    TAKES_MORE = ["-m 32m --ulimit nofile=100:200 -u 1000 ", "--cpus 0.5 --pids-limit 50 "]
    LEFT_OUT = ("docker pause", "docker unpause", "docker update", "docker stats")

    def test_after_each_line(self):
        student = Student(self, self.lab)
        values = with_a_context(self, self.lab)
        for path, _, names in os.walk(values["context"]):
            for name in ("", *names):
                os.chown(os.path.join(path, name), USER, USER)
        lines = [line for line in Offers.LINES if not line.startswith(self.LEFT_OUT)]
        for words in self.TAKES_MORE:
            lines = [line.replace(words, "") for line in lines]
        student.walk(lines, values)
        self.assertGreater(student.offers, 180)
        self.assertFalse({kind for kind in student.kinds if kind.startswith("cgroup.")})


class Promises(unittest.TestCase):
    """The promises themselves."""

    def test_each_kind_of_step_has_some(self):
        self.assertEqual(KINDS ^ set(PROMISES), set())
        self.assertEqual([kind for kind, promises in PROMISES.items() if not promises], [])

    def test_a_command_that_shows_nothing_of_the_step_is_noticed(self):
        facts = {"pid": 77, "innerPid": 1}
        offer = Offer({"kind": "process.clone", "facts": facts, "object": "web", "evidence": [], "node": "node1"}, {},
                      "NSpid:\t78\t1\n")
        template = "!grep NSpid /proc/{pid}/status"
        self.assertTrue(offer.is_under(template, "!grep NSpid /proc/77/status"))
        self.assertFalse(offer.is_under(template, "!grep NSpid /proc/78/status"))
        with self.assertRaises(Broken):
            PROMISES["process.clone"][template](offer)
        offer.output = "NSpid:\t77\t1\n"
        PROMISES["process.clone"][template](offer)


if __name__ == "__main__":
    unittest.main()
