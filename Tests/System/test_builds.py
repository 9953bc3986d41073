"""The same Dockerfile, built here and by a real Docker Engine: the same configuration, apart from times."""

from __future__ import annotations

import json
import shutil
import unittest

import builds
from harness import PROGRAM, LabTest, needs_real_client, real_client


@unittest.skipUnless(shutil.which("busybox"), "not on this machine: busybox")
class TheSameImage(LabTest):
    """Compared with what a real engine (20.10) was recorded to make of it."""

    maxDiff = None

    def compare(self, client: list[str], environment: dict[str, str]) -> None:
        expected = json.loads(builds.RECORDED.read_text(encoding="utf-8"))
        found = builds.describe(client, environment)
        for name, image in expected.items():
            for part, value in image.items():
                with self.subTest(image=name, part=part):
                    self.assertEqual(found[name][part], value)

    def test_with_our_own_client(self):
        self.compare([PROGRAM, "docker"], self.lab.environment)

    @needs_real_client
    def test_with_dockers_client(self):
        self.compare([real_client()], self.lab.client_environment | {"DOCKER_BUILDKIT": "0"})


if __name__ == "__main__":
    unittest.main()
