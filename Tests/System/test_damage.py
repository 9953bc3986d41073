"""Files of the engine that a power loss or a hand has damaged: the engine starts, says so in a sentence, everything else
works, nothing is deleted by itself, and there is a way to be rid of it."""

from __future__ import annotations

import errno
import glob
import json
import os
import pathlib
import random
import shutil
import subprocess
import unittest

from harness import Lab, LabTest

GARBAGE = random.Random(1).randbytes(700)


def truncated(content: bytes) -> bytes:
    return content[:len(content) // 2]


def damages(wrong_typed: bytes) -> dict:
    """What can become of a file, by name."""
    return {"truncated": truncated, "empty": lambda _: b"", "garbage": lambda _: GARBAGE,
            "wrong-typed": lambda _: wrong_typed}


class DamageTest(LabTest):
    def damage(self, path: str, change) -> bytes:
        """Changes a file while no engine runs; gives what it held."""
        self.assertSucceeds(self.lab.drydock("engine", "stop"))
        file = pathlib.Path(path)
        before = file.read_bytes()
        file.write_bytes(change(before))
        return before

    def start(self) -> str:
        """Starts the engine; gives what it says."""
        return self.assertSucceeds(self.lab.drydock("engine", "start")).err

    def status(self) -> str:
        return self.assertSucceeds(self.lab.drydock("engine", "status")).err

    def node(self, *parts: str) -> str:
        return os.path.join(self.lab.home, "node1", *parts)

    def one(self, pattern: str) -> str:
        """The one path that fits."""
        found = glob.glob(pattern)
        self.assertEqual(len(found), 1, found)
        return found[0]


class Records(DamageTest):
    def test_a_container(self):
        """It is named, its name stays taken, what it wrote stays, the others run, and `rm -f` is the way out."""
        self.assertSucceeds(self.lab.docker("run", "--name", "whole", "busybox", "true"))
        for kind, change in damages(b'{"id": 7, "definition": {"name": "box", "layers": []}}').items():
            with self.subTest(kind):
                done = self.lab.docker("run", "--name", "box", "busybox", "sh", "-c", "echo mine > /kept")
                self.assertSucceeds(done)
                identity = self.lab.inspect("box")["Id"]
                record = self.node("containers", identity, "container.json")
                self.damage(record, change)
                for told in (self.start(), self.status(), self.lab.drydock("doctor").out):
                    self.assertIn(f"container {identity[:12]}", told)
                    self.assertIn(record, told)
                    self.assertIn(f"docker rm -f {identity[:12]}", told)
                self.assertSucceeds(self.lab.docker("start", "-a", "whole"))
                self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))
                listed = self.lab.docker("ps", "-aq", "--no-trunc").out
                self.assertNotIn(identity, listed)
                self.assertIn("set aside", self.lab.docker("info").err)
                for words in (("inspect", identity), ("start", identity[:12]), ("rm", identity[:12])):
                    refused = self.lab.docker(*words)
                    self.assertNotEqual(refused.code, 0)
                    self.assertIn("set aside", refused.err)
                kept = self.node("containers", identity, "upper", "kept")
                self.assertEqual(pathlib.Path(kept).read_text(), "mine\n")
                self.assertSucceeds(self.lab.docker("rm", "-f", identity[:12]))
                self.assertFalse(os.path.exists(self.node("containers", identity)))
                self.assertNotIn("set aside", self.status())

    def test_a_damaged_container_keeps_its_name_where_that_can_be_read(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "true"))
        identity = self.lab.inspect("box")["Id"]
        self.damage(self.node("containers", identity, "container.json"),
                    lambda before: before.replace(b'"state"', b'"stale"'))
        self.assertIn("(box)", self.start())
        refused = self.lab.docker("run", "--rm", "--name", "box", "busybox", "true")
        self.assertIn("is already in use", refused.err)
        self.assertSucceeds(self.lab.docker("rm", "-f", "box"))
        self.assertSucceeds(self.lab.docker("run", "--rm", "--name", "box", "busybox", "true"))

    def test_a_container_whose_record_is_restored_is_back(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "busybox", "echo", "here"))
        record = self.node("containers", self.lab.inspect("box")["Id"], "container.json")
        before = self.damage(record, truncated)
        self.assertIn("set aside", self.start())
        self.damage(record, lambda _: before)
        self.assertEqual(self.start(), "")
        self.assertEqual(self.lab.docker("start", "-a", "box").out, "here\n")

    def test_a_network(self):
        for kind, change in damages(b'{"id": "x", "name": ["net"], "driver": 4}').items():
            with self.subTest(kind):
                identity = self.assertSucceeds(self.lab.docker("network", "create", "net")).out.strip()
                self.assertSucceeds(self.lab.docker("create", "--name", "member", "--network", "net", "busybox", "true"))
                self.damage(self.node("networks", f"{identity}.json"), change)
                self.assertIn(f"network {identity[:12]}", self.start())
                self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))
                self.assertNotEqual(self.lab.docker("start", "member").code, 0)
                self.assertSucceeds(self.lab.docker("network", "rm", identity[:12]))
                self.assertEqual(self.status(), "")
                self.assertSucceeds(self.lab.docker("rm", "member"))

    def test_the_default_network(self):
        """A host without its bridge is none: it is made anew, and containers have it."""
        identity = self.lab.get("/networks/bridge")["Id"]
        self.damage(self.node("networks", f"{identity}.json"), truncated)
        self.assertIn(identity[:12], self.start())
        self.assertNotEqual(self.lab.get("/networks/bridge")["Id"], identity)
        self.assertIn("172.17.0.2", self.lab.docker("run", "--rm", "busybox", "ip", "addr").out)
        self.assertSucceeds(self.lab.docker("network", "rm", identity[:12]))

    def test_a_volume(self):
        """Its data is never lost by itself, nor mistaken for a new volume's."""
        for kind, change in damages(b'{"name": {}, "created": "yesterday"}').items():
            with self.subTest(kind):
                write = ("run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo mine > /d/kept")
                self.assertSucceeds(self.lab.docker(*write))
                self.damage(self.node("volumes", "data", "volume.json"), change)
                self.assertIn("volume data is set aside", self.start())
                self.assertNotIn("data", self.lab.docker("volume", "ls", "-q").out.split())
                self.assertIn("set aside", self.lab.docker("volume", "inspect", "data").err)
                read = ("run", "--rm", "-v", "data:/d", "busybox", "cat", "/d/kept")
                refused = self.lab.docker(*read)
                self.assertNotEqual(refused.code, 0)
                self.assertIn("set aside", refused.err)
                self.assertSucceeds(self.lab.docker("volume", "create", "data"))
                self.assertEqual(self.lab.docker(*read).out, "mine\n")
                self.assertEqual(self.status(), "")
                self.assertSucceeds(self.lab.docker("volume", "rm", "data"))

    def test_a_volume_that_is_set_aside_can_be_removed(self):
        self.assertSucceeds(self.lab.docker("volume", "create", "data"))
        self.damage(self.node("volumes", "data", "volume.json"), truncated)
        self.start()
        self.assertSucceeds(self.lab.docker("volume", "rm", "data"))
        self.assertFalse(os.path.exists(self.node("volumes", "data")))

    def test_the_lab_and_its_swarm(self):
        self.assertSucceeds(self.lab.drydock("node", "add", "node2"))
        self.assertSucceeds(self.lab.docker("swarm", "init"))
        self.assertSucceeds(self.lab.docker("-H", "node2", "volume", "create", "data"))
        for kind, change in damages(b'{"Nodes": {"node1": "one"}}').items():
            with self.subTest(kind):
                self.damage(f"{self.lab.home}/lab.json", change)
                self.assertIn("lab.json.damaged", self.start())
                self.assertIn("data", self.lab.docker("-H", "node2", "volume", "ls", "-q").out)
        for kind, change in damages(b'{"swarms": 1}').items():
            with self.subTest(kind):
                self.damage(f"{self.lab.home}/swarms.json", change)
                self.start()
                self.assertIn("swarms.json.damaged", self.status())
                self.assertEqual(self.lab.get("/info")["Swarm"]["LocalNodeState"], "inactive")
                self.assertSucceeds(self.lab.docker("swarm", "init"))
        for path in glob.glob(f"{self.lab.home}/*.damaged*"):
            os.unlink(path)
        self.assertEqual(self.status(), "")


class Images(DamageTest):
    def tearDown(self) -> None:
        super().tearDown()
        for path in glob.glob(self.node("content", "*.damaged*")):
            os.unlink(path)

    def build(self, name: str) -> None:
        """An image that no registry and no recipe has."""
        dockerfile = f"FROM busybox\nRUN echo {name} > /said\n"
        self.assertSucceeds(self.lab.docker("build", "-t", name, "-", input=dockerfile))

    def said(self, name: str) -> str:
        return self.lab.docker("run", "--rm", name, "cat", "/said").out

    def blobs(self, name: str) -> list[str]:
        """The paths of an image's manifest, configuration and layers."""
        index = json.loads(pathlib.Path(self.node("content", "index.json")).read_text())
        full = f"{name}:latest" if "/" in name else f"docker.io/library/{name}:latest"
        digest = next(entry["digest"] for entry in index["manifests"]
                      if entry.get("annotations", {}).get("io.containerd.image.name") == full)
        manifest = json.loads(pathlib.Path(self.blob(digest)).read_text())
        return [self.blob(digest), self.blob(manifest["config"]["digest"]),
                *(self.blob(layer["digest"]) for layer in manifest["layers"])]

    def blob(self, digest: str) -> str:
        return self.node("content", "blobs", "sha256", digest.removeprefix("sha256:"))

    def layer(self, name: str) -> str:
        """The directory of an image's topmost layer."""
        return os.path.dirname(self.lab.get(f"/images/{name}/json")["GraphDriver"]["Data"]["UpperDir"])

    def test_the_index(self):
        """It is made anew: of its entries that can be read, and of the images that are there."""
        self.build("mine")
        for kind, change in damages(b'{"schemaVersion": 2, "manifests": {"mine": 1}}').items():
            with self.subTest(kind):
                identity = self.lab.get("/images/mine/json")["Id"]
                self.damage(self.node("content", "index.json"), change)
                told = self.start()
                self.assertIn("the list of images was made anew", told)
                self.assertIn("index.json.damaged", self.status())
                self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))
                self.assertIn(identity, self.lab.docker("images", "-aq", "--no-trunc").out)
                self.assertSucceeds(self.lab.docker("tag", identity, "mine"))
                self.assertEqual(self.said("mine"), "mine\n")
                os.unlink(self.one(self.node("content", "index.json.damaged")))

    def test_names_in_the_readable_part_of_the_index_stay(self):
        for name in ("one", "two", "three"):
            self.build(name)
        index = pathlib.Path(self.node("content", "index.json"))
        cut = index.read_bytes().rindex(b'"io.containerd.image.name"')
        self.damage(str(index), lambda before: before[:cut])
        self.start()
        names = {name for name in ("one", "two", "three") if self.lab.docker("image", "inspect", name).code == 0}
        self.assertGreaterEqual(len(names), 2, names)
        for name in names:
            self.assertEqual(self.said(name), name + "\n")

    def test_a_manifest_and_a_configuration(self):
        """The image is set aside with its name, all that is left of it stays, and load brings it again."""
        self.build("mine")
        saved = self.lab.home + "/mine.tar"
        self.assertSucceeds(self.lab.docker("save", "-o", saved, "mine"))
        for which in (0, 1):
            for kind, change in damages(b"[]").items():
                with self.subTest(which=which, kind=kind):
                    blobs = self.blobs("mine")
                    self.damage(blobs[which], change)
                    self.assertIn("image mine:latest is set aside", self.start())
                    self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))
                    self.assertSucceeds(self.lab.docker("tag", "busybox", "other"))
                    self.assertSucceeds(self.lab.docker("rmi", "other"))
                    for path in blobs:
                        self.assertTrue(os.path.exists(path), path)
                    self.assertSucceeds(self.lab.docker("load", "-i", saved))
                    self.assertEqual(self.said("mine"), "mine\n")
                    self.assertEqual(self.status(), "")

    def test_an_image_that_is_set_aside_can_be_given_up(self):
        self.build("mine")
        blobs = self.blobs("mine")
        self.damage(blobs[1], truncated)
        self.start()
        self.assertSucceeds(self.lab.docker("rmi", "mine"))
        self.assertEqual(self.status(), "")
        self.assertFalse(os.path.exists(blobs[1]))
        self.assertSucceeds(self.lab.docker("run", "--rm", "busybox", "true"))

    def test_a_layer_that_is_lost_or_damaged_is_unpacked_again_at_the_start(self):
        self.build("mine")
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "mine", "cat", "/said"))
        for kind, change in damages(b'{"diffID": 5}').items():
            with self.subTest(kind):
                self.damage(f"{self.layer('mine')}/layer.json", change)
                self.assertIn("unpacked again", self.start())
                self.assertEqual(self.lab.docker("start", "-a", "box").out, "mine\n")
        with self.subTest("its directory is gone"):
            layer = self.layer("mine")
            self.assertSucceeds(self.lab.drydock("engine", "stop"))
            os.rename(f"{layer}/diff", f"{self.lab.home}/lost-diff")
            self.start()
            self.assertEqual(self.lab.docker("start", "-a", "box").out, "mine\n")

    def test_pull_repairs(self):
        """What is missing or damaged of an image that is here, or was: the archive, the layer, the documents."""
        self.build("127.0.0.1:5000/mine")
        registry = self.lab.get("/drydock/registry")["Address"]
        name = f"{registry}/mine"
        self.assertSucceeds(self.lab.docker("tag", "127.0.0.1:5000/mine", name))
        self.assertSucceeds(self.lab.docker("push", name))
        archive = self.blobs(name)[-1]
        said = f"{self.layer(name)}/diff/said"

        def overwrite(path, change):
            with open(path, "rb") as file:
                content = file.read()
            with open(path, "wb") as file:
                file.write(change(content))

        for where, path in (("archive", archive), ("layer", said)):
            for kind, change in {"truncated": truncated, "removed": None}.items():
                with self.subTest(where=where, kind=kind):
                    if change is None:
                        os.unlink(path)
                    else:
                        overwrite(path, change)
                    self.assertSucceeds(self.lab.docker("pull", name))
                    self.assertEqual(self.said(name), "127.0.0.1:5000/mine\n")
                    self.assertSucceeds(self.lab.docker("save", "-o", f"{self.lab.home}/again.tar", name))
        with self.subTest("another archive of the same size"):
            overwrite(archive, lambda content: bytes(len(content)))
            self.assertSucceeds(self.lab.docker("pull", name))
            self.assertSucceeds(self.lab.docker("save", "-o", f"{self.lab.home}/again.tar", name))
        with self.subTest("after a start without it"):
            self.damage(archive, truncated)
            self.assertIn(f"image {name}:latest is set aside", self.start())
            self.assertSucceeds(self.lab.docker("pull", name))
            self.assertEqual(self.said(name), "127.0.0.1:5000/mine\n")
            self.assertEqual(self.status(), "")

    def test_load_repairs(self):
        self.build("mine")
        saved = self.lab.home + "/mine.tar"
        self.assertSucceeds(self.lab.docker("save", "-o", saved, "mine"))
        for path in (self.blobs("mine")[-1], f"{self.layer('mine')}/diff/said"):
            for kind in ("truncated", "removed"):
                with self.subTest(path=path, kind=kind):
                    os.truncate(path, 1) if kind == "truncated" else os.unlink(path)
                    self.assertSucceeds(self.lab.docker("load", "-i", saved))
                    self.assertEqual(self.said("mine"), "mine\n")
                    self.assertSucceeds(self.lab.docker("save", "-o", f"{self.lab.home}/again.tar", "mine"))

    def test_a_container_whose_layer_is_gone_says_what_to_do(self):
        self.build("mine")
        saved = self.lab.home + "/mine.tar"
        self.assertSucceeds(self.lab.docker("save", "-o", saved, "mine"))
        self.assertSucceeds(self.lab.docker("create", "--name", "box", "mine", "cat", "/said"))
        layer, archive = self.layer("mine"), self.blobs("mine")[-1]
        self.assertSucceeds(self.lab.drydock("engine", "stop"))
        os.unlink(archive)
        os.rename(layer, f"{self.lab.home}/lost-layer")
        self.assertIn("image mine:latest is set aside", self.start())
        self.assertIn("Created", self.lab.docker("ps", "-a").out)
        refused = self.lab.docker("start", "box")
        self.assertNotEqual(refused.code, 0)
        self.assertIn(layer, refused.err)
        self.assertIn("docker pull", refused.err)
        self.assertSucceeds(self.lab.docker("load", "-i", saved))
        self.assertEqual(self.lab.docker("start", "-a", "box").out, "mine\n")

    def test_the_registry(self):
        """It keeps copies: what of it is damaged is left out, and the lab's own images are put in again."""
        registry = f"{self.lab.home}/registry"
        for kind, change in damages(b'{"schemaVersion": "two"}').items():
            with self.subTest(kind):
                self.damage(f"{registry}/index.json", change)
                self.assertIn("the list of the lab's registry was made anew", self.start())
                self.assertSucceeds(self.lab.docker("rmi", "-f", "lab/counter"))
                self.assertSucceeds(self.lab.docker("run", "--rm", "lab/counter", "true"))
        self.damage(f"{registry}/oci-layout", lambda _: GARBAGE)
        self.start()
        index = json.loads(pathlib.Path(f"{registry}/index.json").read_text())
        entry = next(entry for entry in index["manifests"]
                     if entry["annotations"]["org.opencontainers.image.ref.name"].startswith("lab/counter:"))
        self.damage(f"{registry}/blobs/sha256/{entry['digest'].removeprefix('sha256:')}", truncated)
        self.start()
        self.assertSucceeds(self.lab.docker("rmi", "-f", "lab/counter"))
        self.assertSucceeds(self.lab.docker("run", "--rm", "lab/counter", "true"))


class FullDisk(LabTest):
    """A home on a disk of its own that gets full: what can't be done says what, on which file and why; what is running
    goes on, what makes room works, and so does a start."""

    @classmethod
    def setUpClass(cls) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("real containers need root so far")
        cls.lab = Lab()
        cls.addClassCleanup(shutil.rmtree, cls.lab.home, ignore_errors=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", cls.lab.home], check=True)
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.lab.home], check=True)
        cls.addClassCleanup(cls.lab.remove)
        cls.filler = f"{cls.lab.home}/filler"

    def setUp(self) -> None:
        self.assertSucceeds(self.lab.drydock("engine", "start"))

    def tearDown(self) -> None:
        self.empty()
        super().tearDown()

    def fill(self) -> None:
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)

    def empty(self) -> None:
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def assertNoRoom(self, done, *texts: str) -> None:
        self.assertNotEqual(done.code, 0)
        for text in (*texts, self.lab.home, "No space left on device"):
            self.assertIn(text, done.out + done.err)

    def test_a_first_start(self):
        self.assertSucceeds(self.lab.drydock("engine", "stop"))
        for name in os.listdir(self.lab.home):
            path = f"{self.lab.home}/{name}"
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        self.fill()
        done = self.lab.drydock("engine", "start")
        self.assertNoRoom(done, "the engine did not start", "engine.lock")
        self.empty()

    def test_what_can_not_be_done(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "made", "busybox", "true"))
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "up", "busybox", "sleep", "1000"))
        before = self.lab.inspect("made")
        self.fill()
        for words, texts in (
                (("create", "busybox", "true"), ["creating container"]), (("start", "made"), ["starting container"]),
                (("exec", "up", "true"), ["starting exec"]), (("volume", "create", "new"), ["create new"]),
                (("network", "create", "new"), ["creating network new"]),
                (("rename", "made", "other"), ["renaming container made", "container.json"]),
                (("update", "--restart", "always", "made"), ["updating container made", "container.json"]),
                (("network", "connect", "none", "made"), []), (("tag", "busybox", "new"), ["index.json"]),
                (("commit", "up", "new"), [])):
            with self.subTest(words=words):
                done = self.lab.docker(*words)
                if texts:
                    self.assertNoRoom(done, *texts)
                self.assertNotEqual(done.code, 0)
        after = self.lab.inspect("made")
        self.assertEqual(after["Name"], before["Name"])
        self.assertEqual(after["HostConfig"], before["HostConfig"])
        self.assertEqual(self.lab.docker("volume", "ls", "-q").out, "")
        self.empty()
        self.assertSucceeds(self.lab.docker("rename", "made", "other"))
        self.assertSucceeds(self.lab.docker("start", "-a", "other"))
        self.assertSucceeds(self.lab.docker("exec", "up", "true"))

    def test_what_goes_on_and_makes_room(self):
        self.assertSucceeds(self.lab.docker("run", "-d", "--name", "up", "busybox", "sh", "-c",
                                            "while sleep 0.01; do echo tick; done"))
        self.assertSucceeds(self.lab.docker("volume", "create", "old"))
        self.assertSucceeds(self.lab.docker("network", "create", "old"))
        self.fill()
        # A process that was begun and could not be written down is gone: it would keep the container from ending.
        self.assertNotEqual(self.lab.docker("exec", "up", "sleep", "1000").code, 0)
        for words in (("pause", "up"), ("unpause", "up"), ("logs", "--tail", "1", "up"), ("stop", "-t", "0", "up")):
            self.assertSucceeds(self.lab.docker(*words))
        self.assertEqual(self.lab.inspect("up")["State"]["Status"], "exited")
        for words in (("rm", "up"), ("volume", "rm", "old"), ("network", "rm", "old"), ("rmi", "lab/counter")):
            self.assertSucceeds(self.lab.docker(*words))
        self.assertEqual(self.lab.docker("images", "-q", "lab/counter").out, "")

    def test_another_start(self):
        self.assertSucceeds(self.lab.docker("create", "--name", "made", "busybox", "true"))
        self.assertSucceeds(self.lab.docker("rmi", "-f", "lab/hungry"))
        self.lab.kill_engine()
        self.fill()
        self.assertIn("not all of the lab's images could be made", self.assertSucceeds(
            self.lab.drydock("engine", "start")).err)
        self.assertSucceeds(self.lab.docker("rm", "made"))
        self.assertSucceeds(self.lab.docker("rmi", "lab/web:1"))


if __name__ == "__main__":
    unittest.main()
