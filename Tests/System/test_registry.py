"""Images that come from registries and go there: the lab's own, Debian's, and one that breaks the rules."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

import machine
import registries
from harness import PROGRAM, Lab, LabTest, needs_real_client, wait_until
from registries import BentRegistry, DebianRegistry, digest_of, entry, tar


def needs(*programs: str):
    """Skips a test, or a class of them, where a program is missing."""
    missing = [name for name in programs if not shutil.which(name)]
    return unittest.skipIf(missing, f"not on this machine: {', '.join(missing)}")


class RegistryTest(LabTest):
    """Tests with a lab whose registry has a port of its own."""

    @classmethod
    def setUpClass(cls) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("real containers need root so far")
        cls.lab = Lab()
        cls.lab.environment["DRYDOCK_REGISTRY"] = "127.0.0.1:0"
        cls.addClassCleanup(cls.lab.remove)
        cls.lab.start_engine()

    @property
    def own(self) -> str:
        """Where the lab's registry listens."""
        return self.lab.get("/drydock/registry")["Address"]

    def kinds(self, operation: str) -> list[str]:
        """The kinds of the steps of an operation, in order."""
        return [step["kind"] for step in self.lab.steps(operation)]

    def pull(self, name: str) -> tuple[list[dict], str]:
        """Pulls over the API; gives the lines and the operation."""
        image, _, tag = name.rpartition(":")
        status, headers, body = self.lab.request("POST", f"/images/create?fromImage={image}&tag={tag}", timeout=60)
        lines = [json.loads(line) for line in body.splitlines()]
        self.assertEqual(status, 200, body)
        return lines, headers["drydock-operation"]

    def image(self, name: str) -> dict:
        """What the engine says of an image."""
        return self.lab.get(f"/images/{name}/json")

    def stored(self) -> tuple[set[str], set[str], list[str]]:
        """What lies in the node's stores: blobs, layers, and anything half done."""
        content, layers = f"{self.lab.home}/node1/content", f"{self.lab.home}/node1/layers"
        half = os.listdir(f"{content}/ingest") + os.listdir(f"{layers}/ingest")
        return set(os.listdir(f"{content}/blobs/sha256")), set(os.listdir(layers)) - {"ingest"}, half


class LabRegistryTest(RegistryTest):
    """The registry that is a part of the engine."""

    def test_a_pull_goes_through_the_protocol_step_by_step(self) -> None:
        self.assertSucceeds(self.lab.docker("rmi", "lab/counter"))
        lines, operation = self.pull("lab/counter:latest")
        kinds = self.kinds(operation)
        self.assertEqual(kinds[:2], ["registry.resolve", "manifest.fetch"])
        self.assertEqual(kinds[-2:], ["image.verify", "image.tag"])
        self.assertEqual(kinds.count("layer.download"), kinds.count("layer.unpack"))
        self.assertEqual(lines[0], {"status": "Pulling from lab/counter", "id": "latest"})
        self.assertEqual(lines[-1]["status"], "Status: Downloaded newer image for lab/counter:latest")
        downloads = [step for step in self.lab.steps(operation) if step["kind"] == "layer.download"]
        self.assertTrue(any(step["facts"]["received"] > 0 for step in downloads), downloads)
        for step in self.lab.steps(operation):
            self.assertTrue(step["evidence"], step["kind"])
        self.assertSucceeds(self.lab.docker("run", "--rm", "--entrypoint", "true", "lab/counter"))

    def test_a_second_pull_says_that_nothing_is_new(self) -> None:
        done = self.assertSucceeds(self.lab.docker("pull", "busybox"))
        self.assertIn("Status: Image is up to date for busybox:latest", done.out)
        self.assertTrue(done.out.startswith("Using default tag: latest\nlatest: Pulling from library/busybox\n"), done.out)
        self.assertTrue(done.out.endswith("\ndocker.io/library/busybox:latest\n"), done.out)
        self.assertSucceeds(self.lab.docker("pull", "-q", "busybox"), "docker.io/library/busybox:latest\n")

    def test_run_pulls_what_is_missing(self) -> None:
        self.assertSucceeds(self.lab.docker("rmi", "lab/web:2"))
        done = self.assertSucceeds(self.lab.docker("run", "--rm", "lab/web:2", "sh", "-c", "echo $VERSION"), "2\n")
        self.assertIn("Unable to find image 'lab/web:2' locally\n2: Pulling from lab/web\n", done.err)

    def test_an_image_that_nobody_has_is_told_of_with_what_there_is(self) -> None:
        done = self.lab.docker("pull", "no/such:1")
        self.assertEqual(done.code, 1)
        self.assertIn("no/such:1 is not in the lab's registry, and Docker Hub is out of reach.", done.err)
        self.assertIn("busybox, hello-world", done.err)
        self.assertIn("drydock registry add FILE", done.err)
        self.assertLess(len(done.err), 400)

    def test_a_push_and_a_pull_by_digest(self) -> None:
        name = f"{self.own}/team/app"
        self.assertSucceeds(self.lab.docker("tag", "lab/web:1", f"{name}:1"))
        done = self.assertSucceeds(self.lab.docker("push", f"{name}:1"))
        self.assertIn(f"The push refers to repository [{name}]\n", done.out)
        digest = done.out.split("digest: ")[1].split()[0]
        identity = self.image("lab/web:1")["Id"]
        self.assertIn(f"{name}@{digest}", self.image(f"{name}:1")["RepoDigests"])
        self.assertSucceeds(self.lab.docker("rmi", f"{name}:1"))
        self.assertSucceeds(self.lab.docker("pull", f"{name}@{digest}"))
        self.assertEqual(self.image(f"{name}@{digest}")["Id"], identity)

    def test_search_finds_what_the_lab_has(self) -> None:
        done = self.assertSucceeds(self.lab.docker("search", "lab/"))
        self.assertTrue(done.out.startswith("NAME"), done.out)
        self.assertIn("lab/web", done.out)
        official = self.lab.docker("search", "--filter", "is-official=true", "--format", "{{.Name}}", "o")
        self.assertEqual(sorted(self.assertSucceeds(official).out.split()), ["busybox", "hello-world"][1:] if
                         "busybox" not in official.out else ["busybox", "hello-world"])
        limited = self.assertSucceeds(self.lab.docker("search", "--limit", "1", "--format", "{{.Name}}", "lab/"))
        self.assertEqual(len(limited.out.split()), 1)
        refused = self.lab.docker("search", "--filter", "color=red", "x")
        self.assertEqual(refused.code, 1)
        self.assertIn("invalid filter 'color'", refused.err)

    def test_what_is_taken_out_is_gone_and_the_rest_is_not(self) -> None:
        for name in ("gone:1", "gone:2", "library/gone:2"):
            self.assertSucceeds(self.lab.docker("tag", "busybox", f"{self.own}/{name}"))
            self.assertSucceeds(self.lab.docker("push", "-q", f"{self.own}/{name}"))
        self.assertSucceeds(self.lab.drydock("registry", "rm", "gone:1"), "Removed: gone:1\n")
        tags = lambda path: json.load(urllib.request.urlopen(f"http://{self.own}/v2/{path}/tags/list", timeout=20))["tags"]
        self.assertEqual(tags("gone"), ["2"])
        doubtful = self.lab.drydock("registry", "rm", "gone:2")
        self.assertEqual((doubtful.code, doubtful.err), (1, "Error: gone:2 may be one of gone, library/gone\n"))
        missing = self.lab.drydock("registry", "rm", "gone")
        self.assertEqual((missing.code, missing.err), (1, "Error: the lab's registry has no gone:latest\n"))
        self.assertSucceeds(self.lab.drydock("registry", "rm", "library/gone:2"))
        self.assertSucceeds(self.lab.drydock("registry", "rm", "gone:2"))
        self.assertNotIn("gone", self.lab.drydock("registry", "ls").out)
        for name in ("gone", "gone/manifests/1", "library/gone/tags/list"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://{self.own}/v2/{name if '/' in name else name + '/tags/list'}", timeout=20)
            self.assertEqual(refused.exception.code, 404)
        self.assertSucceeds(self.lab.docker("manifest", "inspect", "busybox"))

    def test_manifest_inspect_shows_the_registrys_bytes(self) -> None:
        done = self.assertSucceeds(self.lab.docker("manifest", "inspect", "busybox"))
        manifest = json.loads(done.out)
        with urllib.request.urlopen(f"http://{self.own}/v2/library/busybox/manifests/latest", timeout=20) as answer:
            raw = answer.read()
            self.assertEqual(answer.headers["Docker-Content-Digest"], digest_of(raw))
        self.assertEqual(manifest, json.loads(raw))
        verbose = json.loads(self.assertSucceeds(self.lab.docker("manifest", "inspect", "-v", "busybox")).out)
        self.assertEqual(verbose["Descriptor"]["digest"], digest_of(raw))
        self.assertEqual(base64.b64decode(verbose["Raw"]), raw)
        answer = self.lab.get("/distribution/busybox/json")
        self.assertEqual(answer["Descriptor"]["digest"], digest_of(raw))

    def test_blobs_come_in_ranges(self) -> None:
        with urllib.request.urlopen(f"http://{self.own}/v2/library/busybox/manifests/latest", timeout=20) as answer:
            layer = json.load(answer)["layers"][0]
        url = f"http://{self.own}/v2/library/busybox/blobs/{layer['digest']}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            whole = answer.read()
        self.assertEqual(digest_of(whole), layer["digest"])
        part = urllib.request.Request(url, headers={"Range": "bytes=100-199"})
        with urllib.request.urlopen(part, timeout=20) as answer:
            self.assertEqual(answer.status, 206)
            self.assertEqual(answer.headers["Content-Range"], f"bytes 100-199/{len(whole)}")
            self.assertEqual(answer.read(), whole[100:200])
        beyond = urllib.request.Request(url, headers={"Range": f"bytes={len(whole)}-"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(beyond, timeout=20)
        self.assertEqual(caught.exception.code, 416)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> tuple[int, bytes]:
        """One request to the lab's registry."""
        request = urllib.request.Request(f"http://{self.own}{path}", data=body, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def test_a_web_page_may_not_push(self) -> None:
        for header in [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]:
            status, body = self.ask("POST", "/v2/a/blobs/uploads/", b"", header)
            self.assertEqual((status, json.loads(body)["errors"][0]["code"]), (403, "DENIED"), header)
        self.assertEqual(self.ask("POST", "/v2/a/blobs/uploads/", b"")[0], 202)

    @needs("setpriv", "curl")
    def test_another_user_may_read_but_not_push(self) -> None:
        def as_nobody(*words: str) -> str:
            return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-s", "-o",
                                   "/dev/null", "-w", "%{http_code}", *words], capture_output=True, text=True,
                                  timeout=30).stdout

        self.assertEqual(as_nobody(f"http://{self.own}/v2/library/busybox/manifests/latest"), "200")
        self.assertEqual(as_nobody("-X", "POST", f"http://{self.own}/v2/a/blobs/uploads/"), "403")

    def test_a_push_that_lies_is_refused(self) -> None:
        wrong = "sha256:" + "0" * 64
        self.assertEqual(self.ask("POST", f"/v2/a/blobs/uploads/?digest={wrong}", b"x")[0], 400)
        manifest = json.dumps({"schemaVersion": 2, "mediaType": registries.OCI_MANIFEST, "layers": [], "config": {
            "mediaType": registries.OCI_CONFIG, "digest": wrong, "size": 1}}).encode()
        status, body = self.ask("PUT", "/v2/a/manifests/1", manifest, {"Content-Type": registries.OCI_MANIFEST})
        self.assertEqual((status, json.loads(body)["errors"][0]["code"]), (404, "MANIFEST_BLOB_UNKNOWN"))
        for name in ["..", "A", "a/../b"]:
            status, _ = self.ask("PUT", f"/v2/{name}/manifests/1", manifest,
                                 {"Content-Type": registries.OCI_MANIFEST})
            self.assertIn(status, [400, 404], name)
        self.assertEqual(self.ask("GET", "/v2/a/manifests/1")[0], 404)

    @needs("skopeo")
    def test_skopeo_copies_from_it_and_to_it_and_reads_our_store(self) -> None:
        place = tempfile.mkdtemp(prefix="drydock-skopeo-", dir="/tmp")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)

        def skopeo(*words: str) -> str:
            done = subprocess.run(["skopeo", *words], capture_output=True, text=True, timeout=60,
                                  env=os.environ | {"HOME": place})
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        source, target = f"docker://{self.own}/lab/web:1", f"docker://{self.own}/copied/web:1"
        digest = json.loads(skopeo("inspect", "--tls-verify=false", source))["Digest"]
        skopeo("copy", "-q", "--preserve-digests", "--src-tls-verify=false", source, f"dir:{place}/dir")
        skopeo("copy", "-q", "--preserve-digests", "--dest-tls-verify=false", f"dir:{place}/dir", target)
        self.assertEqual(json.loads(skopeo("inspect", "--tls-verify=false", target))["Digest"], digest)
        for store in ["node1/content:lab/web:1", "registry:copied/web:1"]:
            read = json.loads(skopeo("inspect", f"oci:{self.lab.home}/{store}"))
            self.assertEqual(read["Digest"], digest, store)
        self.assertSucceeds(self.lab.docker("pull", f"{self.own}/copied/web:1"))
        self.assertEqual(self.image(f"{self.own}/copied/web:1")["Id"], self.image("lab/web:1")["Id"])

    @needs_real_client
    def test_the_real_client_pulls_pushes_and_logs_in(self) -> None:
        self.assertSucceeds(self.lab.docker("rmi", "lab/hungry"))
        done = self.assertSucceeds(self.lab.client("pull", "lab/hungry"))
        self.assertIn("Status: Downloaded newer image for lab/hungry:latest", done.out)
        name = f"{self.own}/by/client:1"
        self.assertSucceeds(self.lab.client("tag", "lab/hungry", name))
        self.assertIn("1: digest: sha256:", self.assertSucceeds(self.lab.client("push", name)).out)
        self.assertSucceeds(self.lab.client("rmi", name))
        self.assertSucceeds(self.lab.client("pull", "-q", name), f"{name}\n")
        self.assertIn("lab/hungry", self.assertSucceeds(self.lab.client("search", "hungry")).out)
        missing = self.lab.client("pull", "no/such")
        self.assertEqual(missing.code, 1)
        self.assertIn("is not in the lab's registry", missing.err)

    def test_an_instructor_adds_images(self) -> None:
        archive = f"{self.lab.client_home}/course.tar"
        self.assertSucceeds(self.lab.docker("tag", "lab/web:1", "course/site:7"))
        self.assertSucceeds(self.lab.docker("save", "-o", archive, "course/site:7"))
        self.assertSucceeds(self.lab.docker("rmi", "course/site:7"))
        self.assertSucceeds(self.lab.drydock("registry", "add", archive), "Added: course/site:7\n")
        self.assertIn("course/site:7", self.assertSucceeds(self.lab.drydock("registry", "ls")).out)
        self.assertSucceeds(self.lab.docker("pull", "course/site:7"))
        self.assertEqual(self.image("course/site:7")["Id"], self.image("lab/web:1")["Id"])
        broken = f"{self.lab.client_home}/broken.tar"
        with open(archive, "rb") as whole, open(broken, "wb") as part:
            part.write(whole.read(100_000))
        refused = self.lab.drydock("registry", "add", broken)
        self.assertNotEqual(refused.code, 0)
        self.assertIn("damaged or incomplete", refused.err)


class ServedRegistryTest(RegistryTest):
    """The lab's registry, opened for a class."""

    def serve(self, *options: str) -> tuple[subprocess.Popen, str, str]:
        """Starts `drydock registry serve`; gives the process, the address and the token."""
        process = subprocess.Popen([PROGRAM, "registry", "serve", "--listen", "127.0.0.1:0", *options],
                                   env=self.lab.environment, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        address = process.stdout.readline().split("http://")[1].split(",")[0]
        token = process.stdout.readline().split("push token: ")[1].split()[0] if options else ""
        return process, address, token

    def test_a_class_reads_and_nobody_writes(self) -> None:
        process, address, _ = self.serve()
        self.assertSucceeds(self.lab.docker("pull", f"{address}/lab/web:1"))
        refused = self.lab.docker("push", f"{address}/lab/web:1")
        self.assertEqual(refused.code, 1)
        self.assertIn("this registry is read-only", refused.err)
        process.terminate()
        process.wait(timeout=30)
        wait_until(lambda: self.lab.docker("pull", f"{address}/lab/web:1").code != 0, 20, "it still answered")

    def test_with_a_token_who_has_it_pushes(self) -> None:
        _, address, token = self.serve("--push-token")
        self.assertSucceeds(self.lab.docker("pull", f"{address}/lab/web:1"))
        self.assertSucceeds(self.lab.docker("tag", "lab/web:1", f"{address}/mine/web:1"))
        self.assertNotEqual(self.lab.docker("push", f"{address}/mine/web:1").code, 0)
        wrong = self.lab.docker("login", "-u", "me", "--password-stdin", address, input="guess")
        self.assertEqual(wrong.code, 1)
        self.assertSucceeds(self.lab.docker("login", "-u", "me", "--password-stdin", address, input=token))
        self.assertSucceeds(self.lab.docker("push", f"{address}/mine/web:1"))
        self.assertSucceeds(self.lab.docker("pull", "mine/web:1"))


@needs("docker-registry", "htpasswd", "openssl")
class DebianRegistryTest(RegistryTest):
    """A registry that somebody else wrote."""

    def test_push_and_pull_keep_the_digests(self) -> None:
        registry = DebianRegistry()
        self.addCleanup(registry.close)
        identity = self.image("lab/bash")["Id"]
        name = f"{registry.address}/team/bash"
        self.assertSucceeds(self.lab.docker("tag", "lab/bash", f"{name}:1"))
        done = self.assertSucceeds(self.lab.docker("push", f"{name}:1"))
        digest = registry.digest("team/bash", "1")
        self.assertIn(f"1: digest: {digest} size: ", done.out)
        self.assertSucceeds(self.lab.docker("rmi", f"{name}:1", "lab/bash"))
        done = self.assertSucceeds(self.lab.docker("pull", f"{name}:1"))
        self.assertIn(f"Digest: {digest}\n", done.out)
        self.assertEqual(self.image(f"{name}:1")["Id"], identity)
        self.assertSucceeds(self.lab.docker("run", "--rm", f"{name}:1", "bash", "-c", "echo $SHELL"), "/bin/bash\n")
        # The layers are there already: a second name of the same registry takes none of them over the wire.
        self.assertSucceeds(self.lab.docker("tag", f"{name}:1", f"{registry.address}/other:1"))
        again = self.assertSucceeds(self.lab.docker("push", f"{registry.address}/other:1"))
        self.assertIn("Mounted from team/bash", again.out)
        self.assertNotIn("Pushed", again.out)

    @needs("skopeo")
    def test_a_pull_of_what_skopeo_compressed(self) -> None:
        registry = DebianRegistry()
        self.addCleanup(registry.close)
        place = tempfile.mkdtemp(prefix="drydock-skopeo-", dir="/tmp")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        for kind in ["gzip", "zstd"]:
            done = subprocess.run(
                ["skopeo", "copy", "-q", f"--dest-compress-format={kind}", "--dest-tls-verify=false",
                 f"oci:{self.lab.home}/registry:library/busybox:latest",
                 f"docker://127.0.0.1:{registry.port}/{kind}/busybox:1"],
                capture_output=True, text=True, timeout=60, env=os.environ | {"HOME": place})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertSucceeds(self.lab.docker("pull", f"{registry.address}/{kind}/busybox:1"))
            self.assertEqual(self.image(f"{registry.address}/{kind}/busybox:1")["RootFS"],
                             self.image("busybox")["RootFS"])

    def test_a_login_over_tls(self) -> None:
        place = tempfile.mkdtemp(prefix="drydock-tls-", dir="/tmp")
        self.addCleanup(shutil.rmtree, place, ignore_errors=True)
        authority = registries.Authority(place)
        registry = DebianRegistry(users={"student": "right"}, tls=(authority.certificate, authority.key))
        self.addCleanup(registry.close)
        name = f"{registry.address}/web:1"
        self.assertSucceeds(self.lab.docker("tag", "lab/web:1", name))
        refused = self.lab.docker("push", name)
        self.assertEqual(refused.code, 1)
        self.assertIn("certificate", refused.err)
        trusted = f"{self.lab.home}/certs.d/{registry.address}"
        os.makedirs(trusted)
        shutil.copy(authority.authority, f"{trusted}/ca.crt")
        self.assertIn("no basic auth credentials", self.lab.docker("push", name).err)
        wrong = self.lab.docker("login", "-u", "student", "--password-stdin", registry.address, input="wrong\n")
        self.assertEqual(wrong.code, 1)
        self.assertIn("401 Unauthorized", wrong.err)
        done = self.assertSucceeds(
            self.lab.docker("login", "-u", "student", "--password-stdin", registry.address, input="right\n"))
        self.assertIn("Login Succeeded\n", done.out)
        file = f"{self.lab.client_home}/.docker/config.json"
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        with open(file, encoding="utf-8") as text:
            auths = json.load(text)["auths"]
        self.assertEqual(base64.b64decode(auths[registry.address]["auth"]), b"student:right")
        self.assertSucceeds(self.lab.docker("push", name))
        self.assertSucceeds(self.lab.docker("rmi", name))
        self.assertSucceeds(self.lab.docker("pull", name))
        done = self.assertSucceeds(self.lab.docker("logout", registry.address))
        self.assertEqual(done.out, f"Removing login credentials for {registry.address}\n")
        self.assertEqual(self.lab.docker("pull", name).code, 1)


class BentRegistryTest(RegistryTest):
    """A registry that breaks off, is slow, or lies."""

    def setUp(self) -> None:
        self.registry = BentRegistry()
        self.addCleanup(self.registry.close)
        self.name = f"{self.registry.address}/x:1"

    def layer(self, size: int = 400_000) -> bytes:
        """A layer with one file of random bytes."""
        return tar((f"file-{os.urandom(4).hex()}", os.urandom(size)))

    def test_two_pulls_at_once_fetch_each_layer_once(self) -> None:
        layers = [self.layer() for _ in range(4)]
        self.registry.add("x:1", layers)
        self.registry.gate, self.registry.gated = threading.Event(), {digest_of(data) for data in layers}
        pulls = [self.lab.start("pull", self.name, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
        blob = f"GET /v2/x/blobs/{digest_of(layers[0])}"
        wait_until(lambda: self.registry.asked.count("GET /v2/x/manifests/1") == 2 and blob in self.registry.asked, 30)
        self.registry.gate.set()
        for pull in pulls:
            out, _ = pull.communicate(timeout=60)
            self.assertEqual(pull.returncode, 0, out)
        for data in layers:
            self.assertEqual(self.registry.asked.count(f"GET /v2/x/blobs/{digest_of(data)}"), 1)
        self.assertEqual(len(self.image(self.name)["RootFS"]["Layers"]), 4)

    def test_a_broken_transfer_goes_on_where_it_ended(self) -> None:
        data = self.layer(2_000_000)
        self.registry.add("x:1", [data])
        self.registry.break_after[digest_of(data)] = 1_500_000
        _, operation = self.pull(self.name)
        self.assertEqual(len(self.registry.ranges), 1, self.registry.ranges)
        first = int(self.registry.ranges[0].removeprefix("bytes=").rstrip("-"))
        self.assertGreater(first, 0)
        self.assertLessEqual(first, 1_500_000)
        step = next(step for step in self.lab.steps(operation) if step["kind"] == "layer.download")
        self.assertEqual(step["facts"]["resumptions"], 1)

    def test_a_registry_without_ranges_is_read_anew(self) -> None:
        data = self.layer(2_000_000)
        self.registry.add("x:1", [data])
        self.registry.knows_ranges = False
        self.registry.break_after[digest_of(data)] = 1_500_000
        self.assertSucceeds(self.lab.docker("pull", self.name))

    def test_the_own_platform_is_chosen_from_a_list(self) -> None:
        own = self.registry.add("x:own", [self.layer()])
        other = self.registry.add("x:other", [self.layer()], architecture="s390x")
        machine_name = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
        listed = [{"mediaType": registries.OCI_MANIFEST, "digest": digest,
                   "size": len(self.registry.manifests[f"x:{digest}"][1]),
                   "platform": {"os": "linux", "architecture": name}}
                  for digest, name in [(other, "s390x"), (own, machine_name)]]
        index = json.dumps({"schemaVersion": 2, "mediaType": registries.OCI_INDEX, "manifests": listed}).encode()
        self.registry.manifests["x:1"] = (registries.OCI_INDEX, index)
        self.assertIn(f"Digest: {digest_of(index)}", self.assertSucceeds(self.lab.docker("pull", self.name)).out)
        self.assertIn(f"GET /v2/x/manifests/{own}", self.registry.asked)
        self.assertNotIn(f"GET /v2/x/manifests/{other}", self.registry.asked)
        self.assertSucceeds(self.lab.docker("pull", "--platform", "linux/s390x", self.name))
        self.assertIn(f"GET /v2/x/manifests/{other}", self.registry.asked)
        missing = self.lab.docker("pull", "--platform", "linux/riscv64", self.name)
        self.assertIn("no matching manifest for linux/riscv64", missing.err)
        self.registry.add("x:1", [self.layer()])
        alone = self.lab.docker("pull", "--platform", "linux/s390x", self.name)
        self.assertEqual(alone.code, 1)
        self.assertIn("does not match the specified platform (linux/s390x)", alone.err)

    def test_a_pull_that_nobody_waits_for_ends_and_leaves_nothing(self) -> None:
        self.registry.add("x:1", [self.layer(3_000_000)])
        before = self.stored()
        self.registry.gate = threading.Event()
        pull = self.lab.start("pull", self.name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: any("/blobs/" in line for line in self.registry.asked[-1:]), 30)
        pull.kill()
        pull.wait()
        self.registry.gate.set()
        wait_until(lambda: self.stored() == before, 30, f"something stayed: {self.stored()}")

    def refuse(self, reason: str) -> None:
        """That a pull fails with a reason and leaves nothing."""
        before = self.stored()
        done = self.lab.docker("pull", self.name, timeout=120)
        self.assertEqual(done.code, 1, done.out)
        self.assertIn(reason, done.err)
        self.assertLess(len(done.err), 500)
        wait_until(lambda: self.stored() == before, 20, "something stayed")
        self.assertEqual(self.lab.docker("image", "inspect", self.name).code, 1)
        self.registry.asked.clear()

    def test_hostile_archives_are_refused_and_leave_nothing(self) -> None:
        outside = f"/tmp/drydock-hostile-{os.getpid()}"
        cases = {
            "a path that leads out": (tar((f"../../../..{outside}", b"x")), "refusing archive entry"),
            "a hard link to outside": (tar(entry("link", tarfile.LNKTYPE, "/etc/shadow")), "refusing archive entry"),
            "a file below a link to outside": (
                tar(entry("out", tarfile.SYMTYPE, "/tmp"), (f"out/{os.path.basename(outside)}", b"x")), None),
            "no archive at all": (b"this is no archive" * 1000, "damaged or incomplete"),
        }
        for name, (data, reason) in cases.items():
            with self.subTest(name):
                self.registry.add("x:1", [data])
                if reason is None:
                    # An absolute link is a file like another; what lies below it stays in the layer.
                    self.lab.docker("pull", self.name)
                    self.lab.docker("rmi", "-f", self.name)
                else:
                    self.refuse(reason)
                self.assertFalse(os.path.exists(outside))

    def test_wrong_digests_and_sizes_are_refused(self) -> None:
        data = self.layer()
        squeezed = gzip.compress(data)
        other = "sha256:" + "1" * 64
        cases = {
            "other bytes than the digest": (dict(layers=[data], digests=[other]), "does not match its digest"),
            "other files than the configuration": (dict(layers=[squeezed], diff_ids=[other]), "does not match its digest"),
            "more bytes than declared": (dict(layers=[data], sizes=[1000]), "declared size"),
            "fewer bytes than declared": (dict(layers=[data], sizes=[len(data) + 1]), "declared size"),
            "a truncated gzip": (dict(layers=[squeezed[:-1000]], diff_ids=[digest_of(data)]), "damaged or incomplete"),
            "a negative size": (dict(layers=[data], sizes=[-5]), "negative"),
            "more than the disk": (dict(layers=[data], sizes=[2 ** 62]), "no room"),
        }
        for name, (image, reason) in cases.items():
            with self.subTest(name):
                self.registry.add("x:1", **image)
                self.refuse(reason)

    def test_a_bomb_is_stopped_before_the_disk_is_full(self) -> None:
        # A gigabyte of zeros for each megabyte: more than a layer may grow.
        zeros = gzip.compress(tar(("zeros", bytes(1 << 28))), 9)
        self.registry.add("x:1", [zeros])
        self.refuse("bomb")

    def test_a_list_without_end_is_refused(self) -> None:
        entries = [{"mediaType": registries.OCI_MANIFEST, "digest": f"sha256:{number:064x}", "size": 100,
                    "platform": {"os": "linux", "architecture": "amd64"}} for number in range(10_000)]
        index = json.dumps({"schemaVersion": 2, "mediaType": registries.OCI_INDEX, "manifests": entries}).encode()
        self.registry.manifests["x:1"] = (registries.OCI_INDEX, index)
        self.refuse("10000 manifests")
        self.registry.manifests["x:1"] = (registries.OCI_INDEX, index + b" " * (8 << 20))
        self.refuse("too large")

    def test_the_engine_stays_small_while_it_pulls(self) -> None:
        self.lab.docker("pull", "busybox")
        before = resident(self.lab.engine_pid)
        self.registry.add("x:1", [self.layer(20_000_000) for _ in range(5)])
        self.assertSucceeds(self.lab.docker("pull", self.name))
        self.assertLess(peak(self.lab.engine_pid) - before, 64 << 20)


class BuildTest(RegistryTest):
    """Builds that begin in a registry, or fetch."""

    def setUp(self) -> None:
        self.place = tempfile.mkdtemp(prefix="drydock-build-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)

    def build(self, text: str, *options: str) -> str:
        """Builds a Dockerfile; gives what was printed."""
        with open(f"{self.place}/Dockerfile", "w", encoding="utf-8") as file:
            file.write(text)
        return self.assertSucceeds(self.lab.docker("build", *options, self.place)).out

    def test_what_a_build_begins_from_is_pulled(self) -> None:
        self.assertSucceeds(self.lab.docker("rmi", "lab/counter"))
        self.assertIn("latest: Pulling from lab/counter\n", self.build("FROM lab/counter\nENV A=1\n", "-t", "built:1"))
        self.assertNotIn("Pulling", self.build("FROM lab/counter\nENV A=2\n"))
        self.assertIn("latest: Pulling from lab/counter\n", self.build("FROM lab/counter\nENV A=3\n", "--pull"))

    def test_a_platform_that_there_is_not_is_refused(self) -> None:
        with open(f"{self.place}/Dockerfile", "w", encoding="utf-8") as file:
            file.write("FROM lab/web:1\n")
        done = self.lab.docker("build", "--platform", "linux/s390x", self.place)
        self.assertEqual(done.code, 1)
        self.assertIn("does not match the specified platform (linux/s390x)", done.err)

    def test_a_squashed_image_has_one_more_layer_and_the_same_files(self) -> None:
        text = "FROM lab/web:1\nRUN echo 1 >/kept; echo 2 >/gone\nRUN rm /gone /www/index.html\nENV B=1\n"
        self.build(text, "-t", "plain:1")
        self.build(text, "--squash", "-t", "squashed:1")
        layers = [len(self.image(name)["RootFS"]["Layers"]) for name in ("lab/web:1", "plain:1", "squashed:1")]
        self.assertEqual(layers, [layers[0], layers[0] + 2, layers[0] + 1])
        question = "ls / /www; cat /kept"
        answers = [self.assertSucceeds(self.lab.docker("run", "--rm", name, "sh", "-c", question)).out
                   for name in ("plain:1", "squashed:1")]
        self.assertEqual(answers[0], answers[1])
        self.assertNotIn("gone", answers[0])
        self.assertNotIn("index.html", answers[0])

    def test_an_image_from_elsewhere_is_a_cache_when_it_is_named(self) -> None:
        text = "FROM lab/web:1\nRUN echo 1 >/one\nRUN echo 2 >/two\n"
        archive = f"{self.place}/../{os.path.basename(self.place)}.tar"
        self.addCleanup(lambda: os.path.exists(archive) and os.unlink(archive))
        self.build(text, "-t", "first:1")
        self.assertSucceeds(self.lab.docker("save", "-o", archive, "first:1"))
        self.assertSucceeds(self.lab.docker("rmi", "-f", "first:1"))
        self.assertSucceeds(self.lab.docker("load", "-i", archive))
        self.assertNotIn("Using cache", self.build(text + "ENV C=1\n").split("Step 3/4")[0])
        shown = self.build(text + "ENV C=2\n", "--cache-from", "first:1", "-t", "second:1")
        self.assertEqual(shown.count("Using cache"), 2, shown)
        self.assertEqual(self.image("second:1")["RootFS"], self.image("first:1")["RootFS"])

    def test_add_fetches_a_file(self) -> None:
        registry = BentRegistry()
        self.addCleanup(registry.close)
        registry.blobs["file"] = b"fetched\n"
        url = f"http://{registry.address}/v2/x/blobs/file"
        self.build(f"FROM busybox\nADD {url} /got/\nADD {url} /as\n", "-t", "added:1")
        done = self.lab.docker("run", "--rm", "added:1", "sh", "-c", "cat /got/file /as; stat -c '%a %u' /as")
        self.assertSucceeds(done, "fetched\nfetched\n600 0\n")
        with open(f"{self.place}/Dockerfile", "w", encoding="utf-8") as file:
            file.write("FROM busybox\nADD http://192.0.2.1/x /x\n")
        refused = self.lab.docker("build", self.place)
        self.assertEqual(refused.code, 1)
        self.assertIn("not on this machine", refused.err)


def resident(pid: int) -> int:
    """The resident memory of a process in bytes."""
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """The most that a process ever had resident, in bytes."""
    return _status(pid, "VmHWM")


def _status(pid: int, member: str) -> int:
    line = next(line for line in machine.read(f"/proc/{pid}/status").splitlines() if line.startswith(f"{member}:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    unittest.main()
