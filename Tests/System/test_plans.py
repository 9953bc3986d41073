"""`explain`: the steps of its plan are those that are then performed, and the machine is the same before and after."""

from __future__ import annotations

import io
import os
import re
import shutil
import tarfile
import tempfile

import machine
from harness import LabTest, wait_until

#: A step in the list that `steps` prints.
STEP = re.compile(r"(?m)^\|\s+\d+  ([a-z]+\.[a-z]+) ")


class Plans(LabTest):
    """What is planned is what is done."""

    def setUp(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="drydock-test-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.directory)

    def kinds(self, line: str) -> list[str]:
        """The kinds of the steps that a line plans or performs, sorted."""
        return sorted(STEP.findall(self.assertSucceeds(self.lab.line(line, "steps", level="off")).out))

    def world(self) -> dict:
        """All that a command could have changed: what the engine lists, the kernel's things, the files. What it works
        out once and keeps, such as a compiled filter, is no change of anything; and in the work directory of an overlay the
        kernel notes that somebody has looked through it."""
        nodes = [node["Name"] for node in self.lab.get("/drydock/nodes")]
        files = sorted(f"{path}/{name}" for node in nodes for path, dirs, names in os.walk(f"{self.lab.home}/{node}")
                       for name in dirs + names if not re.search("/journal|/cache|/work/work", f"{path}/{name}"))
        return {
            "nodes": self.lab.get("/drydock/nodes"),
            "containers": sorted((c["Id"], c["Names"][0], c["State"]) for c in self.lab.get("/containers/json?all=1")),
            "networks": sorted(n["Id"] for n in self.lab.get("/networks")),
            "images": sorted((i["Id"], sorted(i["RepoTags"] or [])) for i in self.lab.get("/images/json?all=1")),
            "volumes": sorted(v["Name"] for v in self.lab.get("/volumes")["Volumes"] or []),
            "swarm": self.lab.get("/info")["Swarm"]["LocalNodeState"],
            "registry": self.lab.get("/drydock/registry"),
            "steps": len(self.lab.steps()), "files": files, "machine": machine.Snapshot.take(self.lab.home).things,
        }

    def check(self, command: str, *wanted: str) -> None:
        """Plans a command, performs it, and compares.

        - wanted: kinds that must be among the steps, so that two empty lists are not taken for agreement.
        """
        with self.subTest(command):
            before = self.world()
            planned = self.kinds(f"explain {command}")
            after = self.world()
            for kind in before:
                self.assertEqual(after[kind], before[kind], f"explain changed: {kind}")
            performed = self.kinds(command)
            if performed != planned and " -H " not in command:
                # A container that removes itself may not have done so when the command ends.
                def all_done() -> list[str]:
                    return sorted(step["kind"] for step in self.lab.steps()[before["steps"]:])
                try:
                    wait_until(lambda: all_done() == planned, seconds=5)
                except AssertionError:
                    self.assertEqual(planned, all_done())
            else:
                self.assertEqual(planned, performed)
            for kind in wanted:
                self.assertIn(kind, planned)

    def succeed(self, *lines: str) -> None:
        for line in lines:
            self.assertSucceeds(self.lab.line(line, level="off"))

    def test_containers(self) -> None:
        self.check("docker create --name web -p 18080:80 -m 64m --tmpfs /scratch busybox sleep 1000", "layer.create")
        self.check("docker start web", "process.clone", "port.publish", "cgroup.limit", "process.execute")
        self.check("docker restart -s KILL web", "process.signal", "process.end", "network.release", "cgroup.remove",
                   "overlay.mount", "process.execute")
        self.check("docker exec -d web sleep 100", "namespace.enter")
        self.check("docker update -m 128m --memory-swap 256m web", "cgroup.limit")
        self.check("docker pause web", "cgroup.freeze")
        self.check("docker unpause web", "cgroup.thaw")
        self.check("docker rename web shop", "container.rename")
        self.check("docker kill shop", "process.signal", "process.end", "network.release")
        self.check("docker restart shop", "process.execute")
        self.check("docker stop -s KILL shop", "process.signal", "process.end")
        self.check("docker rm shop", "container.delete")
        self.check("docker run -d --rm --name brief -v /anonymous busybox sleep 1000", "volume.create", "process.execute")
        self.check("docker stop -s KILL brief", "process.end", "container.delete", "volume.delete")
        self.check("docker run -d --name web --network host busybox sleep 1000", "network.join")
        self.check("docker rm -f web", "process.signal", "process.end", "container.delete")

    def test_files_of_containers(self) -> None:
        self.succeed("docker create --name web busybox true")
        with open(f"{self.directory}/file", "w", encoding="utf-8") as file:
            file.write("words\n")
        self.check(f"docker cp {self.directory}/file web:/file", "files.put")
        self.check("docker commit web mine:1", "image.commit")
        self.check("docker tag mine:1 mine:2", "image.tag")
        self.check("docker rmi mine:2", "image.untag")
        self.check("docker rmi mine:1", "image.untag", "image.delete")

    def test_networks_and_volumes(self) -> None:
        self.check("docker network create lab", "bridge.create", "rules.apply")
        self.check("docker volume create data", "volume.create")
        self.check("docker run -d --name web --network lab -v data:/data busybox sleep 1000", "names.serve", "mount.volume")
        self.check("docker restart -s KILL web", "names.serve", "mount.volume")
        self.check("docker network connect bridge web", "veth.create")
        self.check("docker network disconnect bridge web", "network.release")
        self.succeed("docker rm -f web")
        self.check("docker volume rm data", "volume.delete")
        self.check("docker network rm lab", "bridge.delete", "network.delete")

    def test_images_as_archives(self) -> None:
        self.succeed("docker create --name web busybox true", "docker cp /etc/hostname web:/new",
                     "docker commit web mine:1", f"docker save -o {self.directory}/mine.tar mine:1")
        with self.subTest("an archive of what is here already"):
            self.check(f"docker load -i {self.directory}/mine.tar", "image.load")
        self.succeed("docker rm web", "docker rmi mine:1")
        self.check(f"docker load -i {self.directory}/mine.tar", "image.load", "layer.unpack")
        with tarfile.open(f"{self.directory}/root.tar", "w") as archive:
            entry = tarfile.TarInfo("hello")
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"hello"))
        self.check(f"docker import {self.directory}/root.tar root:1", "image.import")
        self.succeed("docker rmi mine:1 root:1")

    def test_registries(self) -> None:
        self.succeed("docker create --name web busybox true", "docker cp /etc/hostname web:/new",
                     "docker commit web mine:1", "docker rm web")
        self.check("docker push mine:1", "registry.connect", "layer.upload", "manifest.push")
        self.succeed("docker rmi mine:1")
        self.check("docker pull mine:1", "registry.resolve", "layer.download", "layer.unpack", "image.tag")
        self.check("docker pull mine:1", "registry.resolve", "layer.unpack")
        self.check("docker run -d --pull always --name web mine:1 sleep 1000", "registry.resolve", "process.execute")
        self.succeed("docker rm -f web", "docker rmi mine:1")
        with self.subTest("the image of a container is pulled first; what follows is not known before"):
            page = self.assertSucceeds(self.lab.line("explain docker run -d mine:1 sleep 1000", level="brief")).out
            self.assertIn("PULL (plan)", page)
            self.assertIn("when its image is here", page)
            self.assertEqual(self.lab.docker("images", "-q", "mine:1").out, "")

    def build(self, text: str, *flags: str) -> str:
        """A build of a Dockerfile beside a file of words."""
        context = f"{self.directory}/context"
        os.makedirs(context, exist_ok=True)
        for name, content in (("Dockerfile", text), ("words", "words\n")):
            with open(f"{context}/{name}", "w", encoding="utf-8") as file:
                file.write(content)
        return " ".join(("docker build", *flags, context))

    def test_builds(self) -> None:
        text = ("FROM busybox AS made\nRUN echo hi > /hi\nWORKDIR /work\nCOPY words /words\nVOLUME /data\n"
                "RUN cat /words\nUSER 1000\nRUN id\nCMD [\"cat\", \"/hi\"]\n")
        self.check(self.build(text, "-t", "mine:1"), "build.instruction", "container.create", "process.execute",
                   "process.end", "container.delete", "image.tag")
        with self.subTest("all of it from the cache"):
            self.check(self.build(text, "-t", "mine:1", "-t", "mine:2"), "build.instruction", "image.tag")
        with self.subTest("the cache as far as it goes"):
            self.check(self.build(text.replace("cat /words", "wc /words"), "-t", "mine:1"), "process.execute")
            page = self.lab.line("explain " + self.build(text.replace("cat /words", "od /words")), level="brief").out
            self.assertRegex(page, r"COPY -> [0-9a-f]+, from the cache")
            self.assertRegex(page, r"RUN od /words: not in the cache")
        self.check(self.build(text, "--no-cache", "--rm=false"), "process.execute")
        self.check(self.build(text, "--target", "made", "--squash"), "build.instruction")
        two = text + "FROM busybox\nARG A=1\nCOPY --from=made /hi /hi\nFROM made\nENV A=2\nCMD [\"true\"]\n"
        self.check(self.build(two.replace("hi >", "ho >")), "process.execute", "build.instruction")
        self.check(self.build(two.replace("hi >", "ho >")), "build.instruction")
        self.check(self.build("FROM scratch\nCOPY words /\nCMD [\"/words\"]\n"), "build.instruction")
        self.check(self.build("FROM busybox\nRUN echo lea:x:1000:1000::/:/bin/sh >> /etc/passwd\nRUN true\n", "--build-arg", "X=1"), "process.execute")
        with self.subTest("a user who is not there yet: what is not known is left out"):
            page = self.lab.line("explain " + self.build("FROM busybox\nRUN echo leo:x:1000:1000::/:/bin/sh >> /etc/passwd\nUSER leo\nRUN id\n"),
                                 level="brief")
            self.assertIn("RUN id", self.assertSucceeds(page).out)
        self.succeed("docker image prune -f", "docker rmi -f mine:1 mine:2")
        with self.subTest("a Dockerfile that can't be"):
            result = self.lab.line("explain " + self.build("FROM busybox\nRUNS true\n"))
            self.assertEqual(result.code, 1)
            self.assertIn("unknown instruction: RUNS", result.err)

    def test_pruning(self) -> None:
        def fill() -> None:
            self.succeed("docker create --name one -v /anonymous busybox true", "docker create --name two busybox true",
                         "docker run -d --name stays busybox sleep 1000",
                         "docker cp /etc/hostname two:/new", "docker commit two own:1", "docker commit two",
                         "docker network create lonely", "docker create --name three --network lonely own:1 true",
                         "docker volume create unused")
        fill()
        self.check("docker volume prune -af", "volume.delete")
        self.check("docker image prune -f", "image.delete")
        self.check("docker container prune -f", "container.delete")
        self.check("docker network prune -f", "network.delete")
        fill_again = ("docker rm -f stays", "docker rmi -f own:1")
        self.succeed(*fill_again)
        fill()
        with self.subTest("each part counts on those before it: the image and the network of a container that goes"):
            self.check("docker system prune -af --volumes", "container.delete", "network.delete", "image.delete",
                       "volume.delete")
        self.assertEqual([c["Names"][0] for c in self.lab.get("/containers/json?all=1")], ["/stays"])

    def test_the_lab(self) -> None:
        self.check("node add node2", "node.create", "cable.plug", "bridge.create", "rules.apply")
        self.check("node link node2 --down", "cable.change")
        self.check("node link node2 --up --loss 10%", "cable.change")
        self.check("docker swarm init", "swarm.init")
        self.succeed("node link node2 --loss 0")
        token = self.assertSucceeds(self.lab.docker("swarm", "join-token", "-q", "worker")).out.strip()
        address = self.lab.get("/info")["Swarm"]["NodeAddr"]
        self.check(f"docker -H node2 swarm join --token {token} {address}:2377", "swarm.join")
        self.check("docker -H node2 swarm leave", "swarm.leave")
        self.check("docker swarm leave -f", "swarm.leave")
        self.check("node rm node2", "node.delete")

    def test_what_writes_files_of_the_client_is_not_run(self) -> None:
        self.succeed("docker create --name web busybox true")
        config = f"{self.directory}/config"
        os.mkdir(config)
        self.lab.environment["DOCKER_CONFIG"] = config
        self.addCleanup(self.lab.environment.pop, "DOCKER_CONFIG")
        target = f"{self.directory}/out"
        for command in ("login -u me -p secret 127.0.0.1:5000", "logout 127.0.0.1:5000", f"save -o {target} busybox",
                        f"export -o {target} web", f"cp web:/etc/hostname {target}",
                        f"create --cidfile {target} busybox true"):
            with self.subTest(command):
                result = self.lab.line(f"explain docker {command}")
                self.assertIn("plan" if command.startswith("create") else "the engine performs no steps",
                              result.out + result.err)
                self.assertFalse(os.path.exists(target))
                self.assertEqual(os.listdir(config), [])
