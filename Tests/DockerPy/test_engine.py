"""The engine itself: versions, information, disk usage, and errors as the library's exception classes."""

from __future__ import annotations

import docker
from docker.errors import APIError, ImageNotFound, InvalidVersion, NotFound, NullResource
from scenario import Scenario


class Engine(Scenario):
    def test_answers_a_ping(self):
        self.assertTrue(self.client.ping())

    def test_agrees_on_a_version(self):
        version = self.client.version()
        self.assertEqual(self.client.api._version, version["ApiVersion"])
        self.assertEqual((version["Os"], version["Arch"]), ("linux", "amd64"))

    def test_speaks_old_versions(self):
        self.sleeper()
        for version in ("1.24", "1.30", "1.40", "1.41"):
            with self.subTest(version):
                client = docker.DockerClient(base_url=self.address, version=version)
                self.addCleanup(client.close)
                self.assertEqual([container.name for container in client.containers.list()], ["box"])

    def test_refuses_versions_that_never_were(self):
        client = docker.DockerClient(base_url=self.address, version="9.99")
        self.addCleanup(client.close)
        with self.assertRaises(APIError) as caught:
            client.containers.list()
        self.assertEqual(caught.exception.status_code, 400)
        self.assertIn("client version 9.99 is too new", caught.exception.explanation)

    def test_tells_about_itself(self):
        self.sleeper()
        info = self.client.info()
        self.assertEqual((info["Containers"], info["ContainersRunning"]), (1, 1))
        self.assertEqual((info["OSType"], info["DefaultRuntime"], info["Swarm"]["LocalNodeState"]), ("linux", "runc", "inactive"))
        self.assertGreaterEqual(info["Images"], 1)

    def test_measures_the_disk(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "head -c 100000 /dev/zero > /f"], detach=True)
        container.wait()
        self.client.volumes.create("hold")
        usage = self.client.df()
        self.assertGreaterEqual(next(c for c in usage["Containers"] if c["Id"] == container.id)["SizeRw"], 100_000)
        self.assertEqual([volume["Name"] for volume in usage["Volumes"]], ["hold"])
        self.assertGreater(usage["LayersSize"], 0)

    def test_prunes_the_build_cache(self):
        self.assertIn("SpaceReclaimed", self.client.api.prune_builds())


class Errors(Scenario):
    def test_missing_things_are_not_found(self):
        for what, action in {
            "container": lambda: self.client.containers.get("nothing"),
            "logs": lambda: self.client.api.logs("nothing"),
            "start": lambda: self.client.api.start("nothing"),
            "volume": lambda: self.client.volumes.get("nothing"),
            "network": lambda: self.client.networks.get("nothing"),
            "exec": lambda: self.client.api.exec_inspect("nothing"),
            "remove": lambda: self.client.api.remove_container("nothing"),
        }.items():
            with self.subTest(what), self.assertRaises(NotFound) as caught:
                action()
            self.assertNotIsInstance(caught.exception, ImageNotFound, what)

    def test_the_text_is_docker_s(self):
        with self.assertRaises(NotFound) as caught:
            self.client.containers.get("nothing")
        self.assertEqual(caught.exception.explanation, "No such container: nothing")
        with self.assertRaises(ImageNotFound) as caught:
            self.client.images.get("nothing")
        self.assertIn("No such image: nothing:latest", caught.exception.explanation)

    def test_wrong_parameters_are_client_errors(self):
        for what, options in {
            "memory": {"mem_limit": "1k"},
            "mode": {"network_mode": "container:nothing"},
            "swap": {"mem_limit": "64m", "memswap_limit": "32m"},
        }.items():
            with self.subTest(what), self.assertRaises(APIError) as caught:
                self.client.containers.run("busybox", "true", **options)
            self.assertTrue(caught.exception.is_client_error(), caught.exception)

    def test_a_wrong_filter_is_a_client_error(self):
        with self.assertRaises(APIError) as caught:
            self.client.containers.list(filters={"nosuch": "x"})
        self.assertEqual(caught.exception.status_code, 400)
        self.assertIn("nvalid filter", caught.exception.explanation)

    def test_the_library_checks_before_it_asks(self):
        with self.assertRaises(NullResource):
            self.client.containers.get("")
        client = docker.APIClient(base_url=self.address, version="1.24")
        self.addCleanup(client.close)
        with self.assertRaises(InvalidVersion):
            client.prune_containers()
