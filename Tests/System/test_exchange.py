"""Images between Drydock's engine and a real Docker Engine, as archives, both ways: the same image ID, and it runs there.

The real engine is named by `DRYDOCK_REAL_ENGINE` (the path of its socket); it must be one on which images may be made and
removed, with an image `busybox`. Where there is none, these tests are skipped.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import unittest

from harness import LabTest, UnixConnection, needs_real_client, real_client

SOCKET = os.environ.get("DRYDOCK_REAL_ENGINE", "")
NAME = "drydock-exchange"

DOCKERFILE = """\
FROM busybox
LABEL made.by=exchange "with spaces"="a \\"quoted\\" value"
ENV ONE=1 TWO="two words"
RUN mkdir -p /data/deep && echo first > /data/deep/file && ln -s deep/file /data/link && chmod 4750 /data/deep/file
RUN rm /data/link && echo second > /data/other && ln /data/other /data/hard
WORKDIR /data
EXPOSE 80/tcp
VOLUME /kept
ENTRYPOINT ["cat"]
CMD ["deep/file", "other", "hard"]
"""


def speaks(path: str) -> bool:
    try:
        connection = UnixConnection(path, 5)
        connection.request("GET", "/version")
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError):
        return False
    # Drydock's own engine is no other engine.
    return "Drydock" not in json.dumps(answer)


@needs_real_client
@unittest.skipUnless(SOCKET and speaks(SOCKET), "no real Docker Engine: name its socket in DRYDOCK_REAL_ENGINE")
class Exchange(LabTest):
    def setUp(self) -> None:
        self.addCleanup(self.forget)
        self.forget()

    def real(self, *arguments: str, input: bytes | None = None) -> bytes:
        """Runs the real client against the real engine; gives its standard output as it is."""
        environment = self.lab.client_environment | {"DOCKER_HOST": f"unix://{SOCKET}", "DOCKER_BUILDKIT": "0"}
        done = subprocess.run([real_client(), *arguments], env=environment, input=input, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-1000:])
        return done.stdout

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """One request to our engine."""
        kind = {} if body is None else {"Content-Type": "application/x-tar"}
        status, _, answer = self.lab.request(method, path, body, kind, timeout=120)
        self.assertEqual(status, 200, answer[-500:])
        return answer

    def forget(self) -> None:
        environment = self.lab.client_environment | {"DOCKER_HOST": f"unix://{SOCKET}"}
        subprocess.run([real_client(), "rmi", "-f", f"{NAME}:1", f"{NAME}:base"], env=environment, capture_output=True)
        self.lab.docker("rmi", "-f", f"{NAME}:1", f"{NAME}:base")

    @staticmethod
    def context(base: str) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            data = DOCKERFILE.replace("FROM busybox", f"FROM {base}").encode()
            entry = tarfile.TarInfo("Dockerfile")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        return buffer.getvalue()

    def facts(self, image: dict) -> dict:
        """What both engines must say of one image. Sizes may be counted differently, and paths are the engine's own."""
        config = {name: value for name, value in image["Config"].items()
                  if name in ("Cmd", "Entrypoint", "Env", "Labels", "WorkingDir", "ExposedPorts", "Volumes", "User")}
        return {"Id": image["Id"], "Created": image["Created"], "Config": config, "RootFS": image["RootFS"]["Layers"],
                "Architecture": image["Architecture"], "Os": image["Os"]}

    def test_an_image_that_docker_built_is_the_same_here(self):
        self.real("build", "-t", f"{NAME}:1", "-", input=self.context("busybox"))
        theirs = json.loads(self.real("image", "inspect", f"{NAME}:1"))[0]
        history = self.real("history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Size}}|{{.Comment}}", f"{NAME}:1").decode()
        self.request("POST", "/images/load", self.real("save", f"{NAME}:1"))
        ours = json.loads(self.request("GET", f"/images/{NAME}:1/json"))
        self.assertEqual(self.facts(ours), self.facts(theirs))
        self.assertEqual(self.lab.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Size}}|{{.Comment}}",
                                         f"{NAME}:1").out, history)
        self.assertSucceeds(self.lab.docker("run", "--rm", f"{NAME}:1"), "first\nsecond\nsecond\n")
        self.assertEqual(self.listing(self.lab.docker("run", "--rm", "--entrypoint", "sh", f"{NAME}:1", "-c", self.LIST).out),
                         self.listing(self.real("run", "--rm", "--entrypoint", "sh", f"{NAME}:1", "-c", self.LIST).decode()))

    def test_an_image_that_was_built_here_is_the_same_on_docker(self):
        self.request("POST", f"/build?t={NAME}:1", self.context("busybox"))
        ours = json.loads(self.request("GET", f"/images/{NAME}:1/json"))
        self.real("load", input=self.request("GET", f"/images/{NAME}:1/get"))
        theirs = json.loads(self.real("image", "inspect", f"{NAME}:1"))[0]
        self.assertEqual(self.facts(theirs), self.facts(ours))
        self.assertEqual(self.real("run", "--rm", f"{NAME}:1"), b"first\nsecond\nsecond\n")
        with self.subTest("and back again"):
            self.lab.docker("rmi", f"{NAME}:1")
            self.request("POST", "/images/load", self.real("save", f"{NAME}:1"))
            back = json.loads(self.request("GET", f"/images/{NAME}:1/json"))
            self.assertEqual(self.facts(back), self.facts(ours))

    def test_a_container_that_was_exported_there_is_imported_here_and_the_other_way_round(self):
        self.real("build", "-t", f"{NAME}:1", "-", input=self.context("busybox"))
        self.real("create", "--name", NAME, f"{NAME}:1")
        self.addCleanup(lambda: self.real("rm", "-f", NAME))
        exported = self.real("export", NAME)
        status, _, body = self.lab.request("POST", f"/images/create?fromSrc=-&repo={NAME}&tag=base", exported,
                                           {"Content-Type": "application/x-tar"}, timeout=120)
        self.assertEqual(status, 200, body)
        self.assertSucceeds(self.lab.docker("run", "--rm", f"{NAME}:base", "cat", "/data/hard"), "second\n")
        self.assertSucceeds(self.lab.docker("create", "--name", "box", f"{NAME}:base", "true"))
        self.real("import", "-", f"{NAME}:base", input=self.request("GET", "/containers/box/export"))
        self.assertEqual(self.real("run", "--rm", f"{NAME}:base", "cat", "/data/deep/file"), b"first\n")

    LIST = "cd /data && find . /etc /bin -maxdepth 2 | sort | while read f; do stat -c '%n %a %u %g %F %h' $f; done"

    @staticmethod
    def listing(text: str) -> list[str]:
        # The engine's own mount points, and the counts of links of directories, are not the image's.
        return [line for line in text.splitlines() if not line.split()[0].startswith(
            ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab")) and "directory" not in line]


if __name__ == "__main__":
    unittest.main()
