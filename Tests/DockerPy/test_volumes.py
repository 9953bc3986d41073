"""Volumes: making, using, sharing, removing."""

from __future__ import annotations

from docker.errors import APIError, NotFound
from docker.types import Mount
from scenario import Scenario


class Volumes(Scenario):
    def test_makes_lists_and_removes(self):
        volume = self.client.volumes.create("hold", labels={"deck": "lower"})
        self.assertEqual((volume.name, volume.attrs["Driver"], volume.attrs["Labels"]), ("hold", "local", {"deck": "lower"}))
        self.assertEqual(self.client.volumes.list(filters={"label": "deck=lower"}), [volume])
        self.assertEqual(self.client.volumes.get("hold"), volume)
        volume.remove()
        with self.assertRaises(NotFound):
            self.client.volumes.get("hold")

    def test_keeps_data_between_containers(self):
        self.client.containers.run("busybox", ["sh", "-c", "echo cargo > /hold/list"], volumes={"hold": {"bind": "/hold"}})
        out = self.client.containers.run("busybox", ["cat", "/h/list"], mounts=[Mount("/h", "hold", read_only=True)])
        self.assertEqual(out, b"cargo\n")

    def test_shares_another_container_s(self):
        self.sleeper("one", volumes=["/shared"]).exec_run(["sh", "-c", "echo x > /shared/f"])
        self.assertEqual(self.client.containers.run("busybox", ["cat", "/shared/f"], volumes_from=["one"]), b"x\n")

    def test_is_not_removed_while_it_is_used(self):
        volume = self.client.volumes.create("hold")
        container = self.client.containers.create("busybox", volumes={"hold": {"bind": "/hold"}})
        with self.assertRaises(APIError) as caught:
            volume.remove()
        self.assertEqual(caught.exception.status_code, 409)
        self.assertIn(f"volume is in use - [{container.id}]", caught.exception.explanation)

    def test_goes_with_its_container_if_it_has_no_name(self):
        container = self.client.containers.create("busybox", volumes=["/anonymous"])
        self.assertEqual(len(self.client.volumes.list()), 1)
        container.remove(v=True)
        self.assertEqual(self.client.volumes.list(), [])

    def test_prunes_unused_anonymous_ones(self):
        container = self.client.containers.create("busybox", volumes=["/anonymous"])
        name = container.attrs["Mounts"][0]["Name"]
        container.remove()
        self.assertIn(name, self.client.volumes.prune()["VolumesDeleted"])
