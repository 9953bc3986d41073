"""Registries for the tests: Debian's docker-registry, and one of our own that breaks the rules when told to."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading
import urllib.request

from harness import wait_until

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest_of(data: bytes) -> str:
    """The digest of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class DebianRegistry:
    """Debian's docker-registry, on loopback, with an empty store of its own."""

    def __init__(self, users: dict[str, str] | None = None, tls: tuple[str, str] | None = None) -> None:
        """Starts it. `users` by name with passwords; `tls` the files of certificate and key."""
        self.directory = tempfile.mkdtemp(prefix="drydock-registry-", dir="/tmp")
        self.port = free_port()
        self.address = f"localhost:{self.port}"
        lines = ["version: 0.1", "log: {level: error, accesslog: {disabled: true}}",
                 f"storage: {{filesystem: {{rootdirectory: {self.directory}/data}}}}"]
        if users:
            table = b"".join(
                subprocess.run(["htpasswd", "-nbB", user, word], capture_output=True, check=True).stdout.strip() + b"\n"
                for user, word in users.items())
            with open(f"{self.directory}/htpasswd", "wb") as file:
                file.write(table)
            lines.append(f"auth: {{htpasswd: {{realm: test, path: {self.directory}/htpasswd}}}}")
        secure = f", tls: {{certificate: {tls[0]}, key: {tls[1]}}}" if tls else ""
        lines.append(f"http: {{addr: '127.0.0.1:{self.port}'{secure}}}")
        with open(f"{self.directory}/config.yml", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.process = subprocess.Popen(["docker-registry", "serve", f"{self.directory}/config.yml"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, 30, "docker-registry did not answer")

    def _answers(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def digest(self, repository: str, tag: str) -> str:
        """The digest that the registry has for a tag."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v2/{repository}/manifests/{tag}",
                                         headers={"Accept": OCI_MANIFEST}, method="HEAD")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.headers["Docker-Content-Digest"]

    def close(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def tar(*entries: tarfile.TarInfo | tuple[str, bytes]) -> bytes:
    """An archive of entries, or of names with contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tuple):
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1]))
            else:
                archive.addfile(entry)
    return out.getvalue()


def entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """An entry without contents."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


class BentRegistry:
    """A registry that serves what it is told to, right or wrong, and counts who asks."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.break_after: dict[str, int] = {}
        self.gate: threading.Event | None = None
        self.gated: set[str] = set()
        self.knows_ranges = True
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_) -> None:
                pass

            def do_GET(self) -> None:
                outer._answer(self)

            do_HEAD = do_GET

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_) -> None:
                pass  # a client that hangs up is what many of the tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        if self.gate:
            self.gate.set()
        self.server.shutdown()
        self.server.server_close()

    def add(self, name: str, layers: list[bytes], *, diff_ids: list[str] | None = None, sizes: list[int] | None = None,
            digests: list[str] | None = None, media: str = OCI_LAYER, architecture: str = "") -> str:
        """Adds an image; what is said of its layers can be wrong. Gives the manifest's digest."""
        plain = [gzip.decompress(data) if diff_ids is None and data[:2] == b"\x1f\x8b" else data for data in layers]
        config = json.dumps({
            "architecture": architecture or os.uname().machine.replace("x86_64", "amd64").replace("aarch64", "arm64"), "os": "linux",
            "config": {"Cmd": ["true"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids or [digest_of(data) for data in plain]}}).encode()
        digests = digests or [digest_of(data) for data in layers]
        for name_of_blob, data in zip(digests, layers):
            self.blobs[name_of_blob] = data
        self.blobs[digest_of(config)] = config
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": digest_of(config), "size": len(config)},
            "layers": [{"mediaType": media, "digest": d, "size": (sizes or {}) and sizes[i] or len(layers[i])}
                       for i, d in enumerate(digests)]}).encode()
        self.manifests[name] = (OCI_MANIFEST, manifest)
        repository = name.split(":")[0]
        self.manifests[f"{repository}:{digest_of(manifest)}"] = (OCI_MANIFEST, manifest)
        return digest_of(manifest)

    def _answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        path = request.path.split("?")[0]
        self.asked.append(f"{request.command} {path}")
        if path == "/v2/":
            return self._send(request, 200, b"{}", "application/json")
        if found := re.fullmatch(r"/v2/(.+)/manifests/(.+)", path):
            kind, data = self.manifests.get(f"{found[1]}:{found[2]}", ("", b""))
            return self._send(request, 200 if data else 404, data or b"{}", kind or "application/json")
        if found := re.fullmatch(r"/v2/(.+)/blobs/(.+)", path):
            if found[2] not in self.blobs:
                return self._send(request, 404, b"{}", "application/json")
            return self._blob(request, found[2])
        return self._send(request, 404, b"{}", "application/json")

    def _blob(self, request: http.server.BaseHTTPRequestHandler, digest: str) -> None:
        data = self.blobs[digest]
        status, first = 200, 0
        wanted = request.headers.get("Range")
        if wanted:
            self.ranges.append(wanted)
        if wanted and self.knows_ranges:
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
            status = 206
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) - first))
        if status == 206:
            request.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        request.end_headers()
        if request.command == "HEAD":
            return
        end = self.break_after.pop(digest, None)
        if end is not None:
            request.wfile.write(data[first:end])
            request.wfile.flush()
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        half = first + (len(data) - first) // 2
        request.wfile.write(data[first:half])
        request.wfile.flush()
        if self.gate and (not self.gated or digest in self.gated):
            self.gate.wait(30)
        request.wfile.write(data[half:])

    @staticmethod
    def _send(request: http.server.BaseHTTPRequestHandler, status: int, data: bytes, kind: str) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(data)


class Authority:
    """A certificate authority of the tests, and a server's certificate of it."""

    def __init__(self, directory: str, names: str = "DNS:localhost,IP:127.0.0.1") -> None:
        self.certificate, self.key = f"{directory}/server.crt", f"{directory}/server.key"
        self.authority = f"{directory}/ca.crt"

        def openssl(*words: str) -> None:
            subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=directory)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.crt")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                "-keyout", "server.key", "-out", "server.csr")
        with open(f"{directory}/names", "w", encoding="utf-8") as file:
            file.write(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", "names", "-out", "server.crt")
