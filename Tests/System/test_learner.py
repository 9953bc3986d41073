"""The main job: a learner types one docker command in the shell, works in a real container, leaves it, and has seen
what was done and why, with evidence that an independent look at the machine confirms."""

from __future__ import annotations

import json
import os
import re
import subprocess
import unittest

import machine
from harness import LabTest
from terminal import CTRL_D

CONTAINER_PROMPT = r"/ # $"
NARRATED_GROUPS = ["image", "disk", "limits", "views", "network", "root", "guard", "program", "end"]


class ALearnerRunsAContainer(LabTest):
    """The whole way, at one terminal."""

    def test_shell_container_shell_and_each_thought_is_told(self):
        with self.lab.shell(columns=80, rows=400) as terminal:
            banner = terminal.prompt()
            self.assertIn("docker run hello-world", banner)
            self.assertNotIn("SIMULATED", banner)

            terminal.type("docker run -it --name box busybox sh")
            told = terminal.expect(CONTAINER_PROMPT)
            inside = {}
            for command in ("hostname", "ps", "ip addr"):
                terminal.type(command)
                inside[command] = terminal.expect(CONTAINER_PROMPT)
            container = self.lab.inspect("box")
            pid = container["State"]["Pid"]
            terminal.type("exit")
            told += "\n" + terminal.prompt()

            with self.subTest("the container is real"):
                self.assertIn(container["Id"][:12], inside["hostname"])
                self.assertRegex(inside["ps"], r"(?m)^\s+1 root\s+sh")
                self.assertIn("inet 172.17.0.2/16", inside["ip addr"])
                self.assertIn("eth0@", inside["ip addr"])
            with self.subTest("each thought has its line, in order"):
                lines = re.findall(r"(?m)^\| +(\d+) (?!of )(\w+) ", told)
                self.assertEqual([label for _, label in lines][:len(NARRATED_GROUPS)], NARRATED_GROUPS)
                self.assertEqual([int(number) for number, _ in lines], list(range(1, len(lines) + 1)))
            with self.subTest("what is told is true"):
                self.assertIn(f"PID {pid}", told)
                self.assertIn("172.17.0.2/16", told)
                self.assertIn("exit code 0", told)
            with self.subTest("new concepts come with sentences, evidence and a command to see for oneself"):
                self.assertRegex(told, r"(?m)^\|   = ")
                self.assertRegex(told, r"(?m)^\|   > ")
            with self.subTest("it fits on 80 columns, and is not long"):
                narration = [line.rstrip("\r") for line in told.split("\n") if line.startswith("|")]
                self.assertLessEqual(max(map(len, narration)), 80)
                self.assertLessEqual(len(narration), 32)
            for number, label in lines:
                with self.subTest("evidence on request", group=label):
                    self.assertRegex(terminal.run(f"evidence {number}"), r"(?m)^\|\s+= \S")
                with self.subTest("more on request", group=label):
                    self.assertRegex(terminal.run(f"why {number}"), rf"(?m)^\| +{number} {label} ")
            with self.subTest("all steps on request"):
                kinds = re.findall(r"(?m)^\|\s+\d+\s+([a-z]+\.[a-z]+)\s", terminal.run("steps"))
                for kind in ("image.resolve", "layer.create", "overlay.mount", "cgroup.create", "process.clone",
                             "veth.create", "seccomp.load", "process.execute", "process.end"):
                    self.assertIn(kind, kinds)
            terminal.send(CTRL_D)
            self.assertEqual(terminal.wait(), 0)

    def test_the_first_command_that_the_banner_offers_works(self):
        result = self.assertSucceeds(self.lab.line("docker run hello-world"))
        self.assertIn("Hello", result.out)
        self.assertRegex(result.err, r"(?m)^\| +1 image ")

    def test_narration_goes_to_the_error_output_and_leaves_the_output_as_dockers(self):
        result = self.lab.line("docker run --rm busybox echo one two")
        self.assertSucceeds(result, "one two\n")
        self.assertIn("| ", result.err)

    def test_narration_off_says_nothing(self):
        result = self.lab.line("docker run --rm busybox echo one two", level="off")
        self.assertSucceeds(result, "one two\n")
        self.assertEqual(result.err, "")

    def test_commands_that_only_read_are_not_narrated(self):
        self.assertEqual(self.lab.line("docker ps", "docker images").err, "")

    def test_docker_alone_narrates_only_when_asked(self):
        self.assertEqual(self.lab.docker("run", "--rm", "busybox", "true").err, "")
        told = self.lab.drydock("docker", "--narrate", "brief", "run", "--rm", "busybox", "echo", "hi")
        self.assertSucceeds(told, "hi\n")
        self.assertRegex(told.err, r"(?m)^\| +\d views ")


class Evidence(LabTest):
    """Each piece of evidence is what somebody else finds when looking at the same place."""

    def start(self, *arguments: str) -> tuple[dict, list[dict]]:
        """Starts a container named box; gives what inspect says, and the records of the operation that started it."""
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "box", *arguments))
        records = [record for record in self.lab.steps() if record["object"] == "box"]
        newest = [record for record in records if record["title"] == "start container"][-1]["operation"]
        created = [record for record in records if record["title"] == "create container"][-1]["operation"]
        self.assertTrue(all(record["state"] == "performed" for record in records), records)
        return self.lab.inspect("box"), [r for r in records if r["operation"] in (newest, created)]

    def look(self, source: str, pid: int) -> str:
        """Reads what a piece of evidence names, without the engine."""
        if source.startswith("rtnetlink "):
            return self.look_at_link(source.split()[1], source.split()[-1], pid)
        if source.startswith("/proc/sys/"):  # of the container's namespaces: read by a process in them
            kind = "u" if source.endswith(("hostname", "domainname")) else "n"
            return machine.output("nsenter", "-t", str(pid), f"-{kind}", "cat", source)
        if source.endswith("/mountinfo"):
            return "\n".join(map(self.as_mount_prints, machine.read(source).splitlines()))
        if os.path.islink(source) or "/ns/" in source:
            return os.readlink(source)
        if os.path.isdir(source):
            entries = sum(len(dirs) + len(files) for _, dirs, files in os.walk(source))
            return f"{entries} entries"
        return re.sub(r"[ \t]+", " ", machine.read(source))

    def look_at_link(self, message: str, name: str, pid: int) -> str:
        """Asks `ip` for an interface, in the container's namespace or in the node's."""
        bridge = machine.namespaces_of(self.lab.home, "net")
        texts = []
        for namespace in self.holders(bridge):
            for item in json.loads(machine.output("nsenter", f"--net={namespace}", "ip", "-j", "addr")):
                master = f" master {item['master']}" if "master" in item else ""
                state = "UP" if "UP" in item["flags"] else "DOWN"
                texts.append(f"{item['ifindex']}: {item['ifname']} {state} {item['address']}{master}")
                texts.append(" ".join([item["ifname"]] + [f"{a['local']}/{a['prefixlen']}" for a in item["addr_info"]]))
            for route in json.loads(machine.output("nsenter", f"--net={namespace}", "ip", "-j", "route")):
                texts.append(f"{route['dst']} via {route.get('gateway')} dev {route['dev']}")
        return "\n".join(texts)

    def holders(self, namespaces: set[str]) -> list[str]:
        """One path for each namespace: a process in it, or a descriptor that holds it."""
        paths = {}
        for pid in machine.processes_of(self.lab.home):
            paths[machine.link(f"/proc/{pid}/ns/net")] = f"/proc/{pid}/ns/net"
            for number in os.listdir(f"/proc/{pid}/fd"):
                paths.setdefault(machine.link(f"/proc/{pid}/fd/{number}"), f"/proc/{pid}/fd/{number}")
        return [path for name, path in paths.items() if name in namespaces]

    @staticmethod
    def as_mount_prints(line: str) -> str:
        """A line of mountinfo (`proc_pid_mountinfo(5)`) as mount(8) prints it."""
        left, right = line.split(" - ")
        kind, source = right.split()[:2]
        return f"{source} on {left.split()[4]} type {kind} ({left.split()[5]})"

    def check(self, records: list[dict], pid: int, changing: str = "nothing") -> None:
        """Compares the last reading of each place with what is there; those in `changing` have changed since."""
        readings = {}
        for record in records:
            for evidence in record["evidence"]:
                # A file of many lines is read for one or the other of them.
                word = evidence["text"].split(":")[0] if evidence["source"].endswith("/status") else ""
                word = evidence["text"].split(" type ")[0] if evidence["source"].endswith("/mountinfo") else word
                readings[evidence["source"], word] = record["kind"], evidence["text"]
        for (source, _), (kind, text) in readings.items():
            if source.endswith(changing):
                continue
            with self.subTest(kind=kind, source=source, said=text):
                found = self.look(source, pid)
                for part in re.split(r"\n|; ", text):
                    self.assertIn(self.relevant(kind, part), found)

    @staticmethod
    def relevant(kind: str, text: str) -> str:
        """The part of the evidence that is a reading; sizes and counts come with a word."""
        if kind == "container.create":
            return ""  # the file's size at that moment; it has been written since
        if kind == "image.resolve":
            return text.split(" ", 1)[1]
        return text

    def test_of_a_start_without_limits_is_what_others_read(self):
        container, records = self.start("busybox", "sleep", "100")
        self.check(records, container["State"]["Pid"])

    def test_of_a_start_with_limits_a_volume_and_a_user_is_what_others_read(self):
        container, records = self.start("-m", "32m", "--cpus", "0.5", "--pids-limit", "50", "--hostname", "boat",
                                        "-v", f"{self.lab.client_home}:/data:ro", "--tmpfs", "/scratch",
                                        "-u", "1000", "busybox", "sleep", "100")
        kinds = [record["kind"] for record in records]
        for kind in ("cgroup.limit", "mount.volume", "mount.tmpfs", "user.become", "hostname.set"):
            self.assertIn(kind, kinds)
        # The places to mount on were made in the container's own layer after that was seen empty.
        self.check(records, container["State"]["Pid"], changing="/upper")

    def test_of_a_start_without_network_is_what_others_read(self):
        container, records = self.start("--network", "none", "busybox", "sleep", "100")
        self.check(records, container["State"]["Pid"])

    def test_is_read_back_and_does_not_repeat_what_was_asked_for(self):
        """The kernel rounds a memory limit down to whole pages: what it has is not what it was given."""
        asked, kept = 10_000_001, 9_998_336
        _, records = self.start("-m", f"{asked}b", "busybox", "sleep", "100")
        texts = [e["text"] for r in records if r["kind"] == "cgroup.limit" for e in r["evidence"]]
        self.assertIn(str(kept), texts)
        self.assertNotIn(str(asked), texts)

    def test_is_there_for_every_step_of_a_start(self):
        # Moving the mount leaves nothing of its own to look at: the tree is read back once it is "/" (root.pivot).
        without = {record["kind"] for record in self.start("busybox", "sleep", "100")[1] if not record["evidence"]}
        self.assertLessEqual(without, {"root.attach"})

    def test_of_the_veth_pair_names_the_end_on_the_nodes_bridge(self):
        container, records = self.start("busybox", "sleep", "100")
        pid = container["State"]["Pid"]
        inside = json.loads(machine.output("nsenter", "-t", str(pid), "-n", "ip", "-j", "addr", "show", "eth0"))[0]
        veth = next(r for r in records if r["kind"] == "veth.create")
        self.assertEqual(inside["address"], container["NetworkSettings"]["Networks"]["bridge"]["MacAddress"])
        self.assertEqual(inside["addr_info"][0]["local"],
                         container["NetworkSettings"]["Networks"]["bridge"]["IPAddress"])
        self.assertTrue(any(f"{inside['link_index']}: {veth['facts']['host']}" in e["text"] for e in veth["evidence"]),
                        (inside, veth))

    def test_steps_of_one_command_are_named_in_its_response(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "true"))
        status, headers, _ = self.lab.request("POST", "/containers/box/start")
        self.assertEqual(status, 204)
        records = self.lab.steps(headers["drydock-operation"])
        self.assertEqual({record["operation"] for record in records}, {headers["drydock-operation"]})
        self.assertIn("process.clone", [record["kind"] for record in records])

    def test_a_followed_stream_gives_each_step_when_it_is_done(self):
        follower = subprocess.Popen(
            ["curl", "-sN", "--unix-socket", self.lab.socket, "http://drydock/drydock/steps?follow=1"],
            stdout=subprocess.PIPE, text=True) if machine_has("curl") else self.skipTest("curl is not installed")
        try:
            self.assertSucceeds(self.lab.docker("run", "--rm", "--name", "seen", "busybox", "true"))
            for line in follower.stdout:
                record = json.loads(line)
                if record["object"] == "seen" and record["kind"] == "process.end":
                    break
            self.assertEqual(record["facts"]["exitCode"], 0)
        finally:
            follower.kill()
            follower.wait()
            follower.stdout.close()


def machine_has(program: str) -> bool:
    return any(os.access(f"{place}/{program}", os.X_OK) for place in os.environ["PATH"].split(":"))


if __name__ == "__main__":
    unittest.main()
