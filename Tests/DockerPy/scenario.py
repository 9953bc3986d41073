"""The engine and the client that the scenarios share."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
import time
import unittest

import docker
import docker.errors

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "System"))

from harness import Lab, PROGRAM, wait_until  # noqa: E402

__all__ = ["Scenario", "docker", "wait_until"]

#: Another engine than a fresh one of ours; the same scenarios hold there.
HOST = os.environ.get("DOCKER_PY_HOST")


class Scenario(unittest.TestCase):
    """One engine for all scenarios of a class; what a scenario made is removed after it."""

    client: docker.DockerClient

    @classmethod
    def setUpClass(cls) -> None:
        if HOST:
            address = HOST
        else:
            if os.geteuid() != 0:
                raise unittest.SkipTest("real containers need root")
            if not os.access(PROGRAM, os.X_OK):
                raise unittest.SkipTest(f"there is no program {PROGRAM}; bin/drydock builds it")
            lab = Lab()
            cls.addClassCleanup(lab.remove)
            lab.start_engine()
            address = f"unix://{lab.socket}"
        cls.address = address
        cls.client = docker.DockerClient(base_url=address, version="auto", timeout=60)
        cls.addClassCleanup(cls.client.close)
        cls.first_images = {image.id for image in cls.client.images.list(all=True)}

    def tearDown(self) -> None:
        api = self.client.api
        for container in api.containers(all=True, quiet=True):
            with contextlib.suppress(docker.errors.NotFound):
                api.remove_container(container["Id"], force=True, v=True)
        wait_until(lambda: not api.containers(all=True), message="containers that were removed did not go")
        for network in api.networks():
            if network["Name"] not in ("bridge", "host", "none"):
                api.remove_network(network["Id"])
        for volume in api.volumes()["Volumes"] or []:
            api.remove_volume(volume["Name"])
        for image in self.client.images.list():
            for tag in image.tags:
                if image.id not in self.first_images or not tag.startswith(("busybox:", "lab/", "hello-world:")):
                    with contextlib.suppress(docker.errors.ImageNotFound):
                        api.remove_image(tag, force=True)
        self._remove_untagged_images()

    def _remove_untagged_images(self) -> None:
        """Removes what builds have left, children before parents."""
        while True:
            parents = {image["ParentId"] for image in self.client.api.images(all=True)}
            left = {image["Id"] for image in self.client.api.images(all=True)} - self.first_images
            if not left:
                return
            childless = left - parents
            self.assertTrue(childless, f"images that are each other's parents: {left}")
            for image in childless:
                with contextlib.suppress(docker.errors.ImageNotFound):
                    self.client.api.remove_image(image, force=True)

    # What many scenarios begin with

    def sleeper(self, name: str = "box", **options):
        """A running container that does nothing, and ends at once when it is told to."""
        command = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
        return self.client.containers.run("busybox", command, name=name, detach=True, **options)

    def eventually(self, condition, what: str, seconds: float = 20) -> None:
        """Waits until something is so."""
        wait_until(condition, seconds, what)

    def read_until(self, read, wanted: bytes, seconds: float = 20) -> bytes:
        """Reads on until the bytes have come."""
        got, deadline = b"", time.monotonic() + seconds
        while wanted not in got:
            piece = read(4096)
            if not piece:
                self.fail(f"the stream ended before {wanted!r}; it gave {got!r}")
            got += piece
            if time.monotonic() > deadline:
                self.fail(f"{wanted!r} did not come within {seconds} s; the stream gave {got!r}")
        return got
