"""Images: tags, saving and loading, imports, builds, commits."""

from __future__ import annotations

import io
import tarfile
import tempfile
import pathlib

from docker.errors import APIError, BuildError, ImageNotFound, NotFound
from scenario import Scenario


class Images(Scenario):
    def test_lists_and_inspects(self):
        image = self.client.images.get("busybox")
        self.assertIn("busybox:latest", image.tags)
        self.assertIn(image, self.client.images.list(name="busybox"))
        self.assertEqual(image.attrs["Os"], "linux")
        self.assertRegex(image.id, r"\Asha256:[0-9a-f]{64}\Z")
        self.assertEqual(self.client.images.get(image.short_id.removeprefix("sha256:")), image)

    def test_tags_and_untags(self):
        image = self.client.images.get("busybox")
        self.assertTrue(image.tag("harbour/box", tag="v1"))
        self.assertEqual(self.client.images.get("harbour/box:v1").id, image.id)
        self.client.images.remove("harbour/box:v1")
        with self.assertRaises(ImageNotFound):
            self.client.images.get("harbour/box:v1")

    def test_filters_dangling_ones_and_by_label(self):
        image, _ = self.client.images.build(fileobj=io.BytesIO(b"FROM busybox\nLABEL kind=test\n"), rm=True)
        self.assertEqual(self.client.images.list(filters={"dangling": True}), [image])
        self.assertEqual(self.client.images.list(filters={"label": "kind=test"}), [image])
        pruned = self.client.images.prune()
        self.assertIn({"Deleted": image.id}, pruned["ImagesDeleted"])

    def test_saves_and_loads(self):
        image = self.client.images.get("busybox")
        image.tag("harbour/saved:1")
        data = b"".join(self.client.images.get("harbour/saved:1").save(named=True))
        self.client.images.remove("harbour/saved:1")
        loaded = self.client.images.load(data)
        self.assertEqual([each.id for each in loaded], [image.id])
        self.assertIn("harbour/saved:1", self.client.images.get("busybox").tags)

    def test_tells_its_history(self):
        self.client.images.build(fileobj=io.BytesIO(b"FROM busybox\nENV A=b\nCMD [\"env\"]\n"), tag="h", rm=True)
        history = self.client.images.get("h").history()
        self.assertIn('CMD ["env"]', history[0]["CreatedBy"])
        self.assertIn("ENV A=b", history[1]["CreatedBy"])
        self.assertEqual(history[0]["Tags"], ["h:latest"])

    def test_imports_a_file_system(self):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            tar.add("/bin/busybox" if pathlib.Path("/bin/busybox").exists() else "/usr/bin/busybox", "busybox")
        self.client.api.import_image_from_data(data.getvalue(), repository="harbour/imported", tag="1")
        self.assertEqual(self.client.containers.run("harbour/imported:1", ["/busybox", "echo", "in"]), b"in\n")

    def test_is_not_removed_while_it_is_used(self):
        self.client.images.build(fileobj=io.BytesIO(b"FROM busybox\nENV A=b\n"), tag="used", rm=True)
        self.client.containers.create("used", "true")
        with self.assertRaises(APIError) as caught:
            self.client.images.remove(self.client.images.get("used").id)
        self.assertEqual(caught.exception.status_code, 409)

    def test_a_missing_one_is_image_not_found(self):
        for action in (self.client.images.get, self.client.images.remove):
            with self.assertRaises(ImageNotFound):
                action("no/such:image")
        with self.assertRaises(NotFound):
            self.client.api.history("no/such:image")


class Builds(Scenario):
    def test_builds_a_directory(self):
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            (place / "Dockerfile").write_text("FROM busybox\nARG WHO=nobody\nCOPY greeting /greeting\n"
                                              "RUN echo built for $WHO >> /greeting\nCMD cat /greeting\n")
            (place / "greeting").write_text("hello\n")
            (place / "secret").write_text("no")
            (place / ".dockerignore").write_text("secret\n")
            image, log = self.client.images.build(path=directory, tag="harbour/built", buildargs={"WHO": "me"}, rm=True)
        self.assertEqual(image.tags, ["harbour/built:latest"])
        self.assertTrue(any("Successfully built" in entry.get("stream", "") for entry in log))
        self.assertEqual(self.client.containers.run("harbour/built"), b"hello\nbuilt for me\n")

    def test_builds_a_stage_with_labels(self):
        text = b"FROM busybox AS one\nENV STAGE=one\nFROM one AS two\nENV STAGE=two\n"
        image, _ = self.client.images.build(fileobj=io.BytesIO(text), target="one", labels={"by": "test"}, rm=True)
        self.assertIn("STAGE=one", image.attrs["Config"]["Env"])
        self.assertEqual(image.labels, {"by": "test"})

    def test_uses_its_cache(self):
        text = b"FROM busybox\nRUN echo once > /x\n"
        first, _ = self.client.images.build(fileobj=io.BytesIO(text), rm=True)
        second, log = self.client.images.build(fileobj=io.BytesIO(text), rm=True)
        self.assertEqual(first.id, second.id)
        self.assertIn(" ---> Using cache\n", [entry.get("stream") for entry in log])

    def test_a_failing_command_is_a_build_error(self):
        with self.assertRaises(BuildError) as caught:
            self.client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN exit 3\n"), rm=True)
        self.assertEqual(caught.exception.msg, "The command '/bin/sh -c exit 3' returned a non-zero code: 3")

    def test_a_wrong_instruction_is_an_api_error(self):
        with self.assertRaises(APIError) as caught:
            self.client.images.build(fileobj=io.BytesIO(b"FROM busybox\nNOSUCH thing\n"), rm=True)
        self.assertEqual(caught.exception.status_code, 400)
        self.assertIn("nknown instruction", caught.exception.explanation)

    def test_takes_a_context_of_one_s_own(self):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            for name, text in (("sub/Recipe", b"FROM busybox\nCOPY sub/file /file\n"), ("sub/file", b"cargo")):
                info = tarfile.TarInfo(name)
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
        data.seek(0)
        image, _ = self.client.images.build(fileobj=data, custom_context=True, dockerfile="sub/Recipe", rm=True)
        self.assertEqual(self.client.containers.run(image.id, ["cat", "/file"]), b"cargo")

    def test_commits_a_container(self):
        container = self.client.containers.run("busybox", ["sh", "-c", "echo kept > /kept"], detach=True)
        container.wait()
        image = container.commit("harbour/kept", "v2", message="why", author="me", changes="CMD [\"cat\", \"/kept\"]")
        self.assertEqual(image.attrs["Author"], "me")
        self.assertEqual(self.client.containers.run("harbour/kept:v2"), b"kept\n")
