"""The real docker client, unchanged, against our socket: it and we speak the same API."""

from __future__ import annotations

import io
import json
import tarfile
import time
import unittest

from harness import LabTest, needs_real_client, wait_until
from terminal import CTRL_C

CONTAINER_PROMPT = r"/ # $"


@needs_real_client
class TheRealDockerClient(LabTest):
    def test_agrees_on_a_version_with_the_engine(self):
        version = json.loads(self.assertSucceeds(self.lab.client("version", "--format", "json")).out)
        self.assertGreaterEqual(tuple(map(int, version["Server"]["ApiVersion"].split("."))), (1, 44))
        self.assertIn("Drydock", version["Server"]["Platform"]["Name"])

    def test_runs_a_container_on_a_terminal(self):
        with self.lab.terminal("run", "--rm", "-it", "--name", "box", "busybox", "sh", columns=77, rows=22) as terminal:
            terminal.expect(CONTAINER_PROMPT)
            terminal.type("hostname; ps; ip addr show eth0; stty size; tty")
            shown = terminal.expect(CONTAINER_PROMPT)
            self.assertIn(self.lab.inspect("box")["Id"][:12], shown)
            self.assertRegex(shown, r"1 root\s+sh")
            self.assertIn("inet 172.17.0.2/16", shown)
            self.assertIn("22 77", shown)
            self.assertIn("/dev/pts/0", shown)
            terminal.type("exit 6")
            self.assertEqual(terminal.wait(), 6)
            self.assertTrue(terminal.modes_are_restored())
        wait_until(lambda: self.lab.get("/containers/json?all=1") == [], message="--rm did not remove the container")

    def test_runs_in_the_background_lists_and_stops_and_removes(self):
        created = self.assertSucceeds(self.lab.client("run", "-d", "--name", "web", "lab/web")).out.strip()
        self.assertRegex(created, r"\A[0-9a-f]{64}\Z")
        table = self.assertSucceeds(self.lab.client("ps")).out
        self.assertRegex(table, rf"(?m)^{created[:12]}\s+lab/web\s.*Up .*\sweb$")
        begin = time.monotonic()
        self.assertSucceeds(self.lab.client("stop", "web"), "web\n")
        self.assertLess(time.monotonic() - begin, 5, "lab/web ends at once on SIGTERM")
        self.assertRegex(self.lab.client("ps", "-a").out, r"Exited \(\d+\)")
        self.assertSucceeds(self.lab.client("rm", "web"), "web\n")
        self.assertEqual(self.lab.client("ps", "-aq").out, "")

    def test_follows_logs_to_the_end(self):
        self.assertSucceeds(self.lab.client("run", "-d", "--name", "box", "busybox", "sh", "-c",
                                            "for i in 1 2 3 4 5; do echo line $i; echo oops $i >&2; sleep 0.1; done"))
        followed = self.assertSucceeds(self.lab.client("logs", "-f", "box"))
        self.assertEqual(followed.out, "".join(f"line {i}\n" for i in range(1, 6)))
        self.assertEqual(followed.err, "".join(f"oops {i}\n" for i in range(1, 6)))
        self.assertSucceeds(self.lab.client("logs", "--tail", "2", "box"))
        self.assertRegex(self.lab.client("logs", "-t", "box").out, r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+Z line 1$")

    def test_leaves_followed_logs_on_ctrl_c(self):
        self.assertSucceeds(self.lab.client("run", "-d", "--name", "box", "busybox", "sh", "-c",
                                            "while :; do echo tick; sleep 0.1; done"))
        with self.lab.terminal("logs", "-f", "box") as terminal:
            terminal.expect("tick\r\ntick")
            terminal.send(CTRL_C)
            terminal.wait(5)
        self.assertTrue(self.lab.inspect("box")["State"]["Running"])

    def test_enters_a_container_on_a_second_terminal(self):
        self.assertSucceeds(self.lab.client("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        with self.lab.terminal("exec", "-it", "-e", "MARK=seen", "box", "sh") as terminal:
            terminal.expect(CONTAINER_PROMPT)
            terminal.type("echo $MARK; ps")
            shown = terminal.expect(CONTAINER_PROMPT)
            self.assertIn("seen", shown)
            self.assertRegex(shown, r"1 root\s+sleep 100")
            terminal.type("exit 9")
            self.assertEqual(terminal.wait(), 9)
        self.assertTrue(self.lab.inspect("box")["State"]["Running"])

    def test_lists_images_and_their_history(self):
        listed = self.assertSucceeds(self.lab.client("images", "--format", "{{.Repository}}:{{.Tag}}")).out.split()
        for name in ("busybox:latest", "hello-world:latest", "lab/bash:latest", "lab/web:1", "lab/web:2"):
            self.assertIn(name, listed)
        self.assertIn("CREATED BY", self.assertSucceeds(self.lab.client("history", "lab/web:2")).out)

    def test_loads_an_image_archive(self):
        self.assertSucceeds(self.lab.client("load", input=image_archive("trial:1", {"greeting": b"ahoy\n"})),
                            "Loaded image: trial:1\n")
        self.addCleanup(self.lab.client, "rmi", "-f", "trial:1")
        self.assertEqual(json.loads(self.lab.client("image", "inspect", "trial:1").out)[0]["RepoTags"], ["trial:1"])
        self.assertSucceeds(self.lab.client("create", "--name", "box", "trial:1", "x"))
        self.assertIn("Deleted", self.lab.client("rm", "box").out + self.lab.client("rmi", "trial:1").out)

    def test_inspects(self):
        self.assertSucceeds(self.lab.client("run", "-d", "--name", "box", "-m", "64m", "-e", "A=b", "-l", "k=v",
                                            "busybox", "sleep", "100"))
        box = json.loads(self.assertSucceeds(self.lab.client("inspect", "box")).out)[0]
        self.assertEqual(box["Name"], "/box")
        self.assertEqual(box["State"]["Status"], "running")
        self.assertEqual(box["HostConfig"]["Memory"], 64 << 20)
        self.assertIn("A=b", box["Config"]["Env"])
        self.assertEqual(box["Config"]["Labels"], {"k": "v"})
        self.assertEqual(self.lab.client("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "box").out, "172.17.0.2\n")

    def test_sees_the_events_of_a_life(self):
        begin = str(int(time.time()))
        self.assertSucceeds(self.lab.client("run", "--rm", "--name", "mayfly", "busybox", "true"))
        events = []

        def complete() -> bool:
            out = self.assertSucceeds(self.lab.client("events", "--since", begin, "--until", str(int(time.time()) + 1),
                                                      "--filter", "container=mayfly",
                                                      "--format", "{{.Type}} {{.Action}}")).out
            events[:] = out.splitlines()
            return "container destroy" in events

        wait_until(complete, message="there was no destroy event")
        self.assertEqual(events, ["container create", "container attach", "container start", "container die",
                                  "container destroy"])

    def test_waits_kills_and_tells_the_exit_code(self):
        self.assertSucceeds(self.lab.client("run", "-d", "--name", "box", "busybox", "sleep", "100"))
        self.assertSucceeds(self.lab.client("kill", "box"), "box\n")
        self.assertEqual(self.lab.client("wait", "box").out, "137\n")
        self.assertEqual(self.lab.client("run", "--rm", "busybox", "sh", "-c", "exit 42").code, 42)

    def test_attaches_to_what_runs_already(self):
        self.assertSucceeds(self.lab.client("create", "-i", "--name", "box", "busybox", "cat"))
        result = self.assertSucceeds(self.lab.client("start", "-ai", "box", input="to and fro\n"))
        self.assertEqual(result.out, "to and fro\n")


def image_archive(name: str, *layers: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    """An image as `docker save` writes it (Docker image specification 1.2); each layer is its files by their paths. What
    is below bin/ may be executed."""
    import hashlib

    def tar(members: dict[str, bytes | tarfile.TarInfo]) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, data in members.items():
                if isinstance(data, tarfile.TarInfo):
                    archive.addfile(data)
                    continue
                entry = tarfile.TarInfo(path)
                entry.size = len(data)
                entry.mode = 0o755 if path.startswith("bin/") else 0o644
                archive.addfile(entry, io.BytesIO(data))
        return buffer.getvalue()

    archives = {f"{number}/layer.tar": tar(files) for number, files in enumerate(layers)}
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/x"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()
                                                   for layer in archives.values()]},
        "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "test"}] * len(layers)}).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": [name], "Layers": list(archives)}]
    return tar({f"{digest}.json": config, **archives, "manifest.json": json.dumps(manifest).encode()})


if __name__ == "__main__":
    unittest.main()
