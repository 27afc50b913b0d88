"""Fetching from a server on this very computer: whole and verified, or not at all."""

from __future__ import annotations

import hashlib
import http.server
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.errors import Cancelled, PackError
from engine.models.catalog import list_packs
from engine.models.fetch import PackSource, Progress, Transport, Watch, fetch_pack, install_folder
from engine.models.pack import load_pack
from tests.archives import tarred, zipped

LOOPBACK = Transport(allow_loopback_http=True)


@dataclass
class Site:
    """What the server gives out, and how badly."""

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    ignores_ranges: bool = False
    ranges: list[str | None] = field(default_factory=list)
    port: int = 0

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def source(self, name: str, sha256: str | None = None, limit: int = 10**8) -> PackSource:
        return PackSource(self.url(name), sha256 or hashlib.sha256(self.files[name]).hexdigest(), limit)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output clean."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def answer(request: http.server.BaseHTTPRequestHandler, site: Site) -> None:
    name, wanted = request.path.strip("/"), request.headers.get("Range")
    site.ranges.append(wanted)
    if name in site.redirects:
        request.send_response(302)
        request.send_header("Location", site.redirects[name])
        request.end_headers()
        return
    if name not in site.files:
        request.send_error(404)
        return
    content, start = site.files[name], 0
    if wanted and not site.ignores_ranges:
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    else:
        request.send_response(200)
    request.send_header("Content-Length", str(len(content) - start))
    request.end_headers()
    request.wfile.write(content[start : site.cut_at])


@pytest.mark.parametrize("top", ["", "tiny-pack/"])
def test_a_zipped_pack_ends_installed_and_verified(site: Site, tiny_folder: Path, tmp_path: Path, top: str) -> None:
    site.files["tiny.zip"] = zipped(tiny_folder, top)
    seen: list[Progress] = []
    folder = fetch_pack(site.source("tiny.zip"), tmp_path, Watch(seen.append), LOOPBACK)
    assert folder == tmp_path / "tiny-1"
    assert [entry.folder.name for entry in list_packs((tmp_path,)) if entry.is_sound] == ["tiny-1"]
    assert seen[-1].got_bytes == seen[-1].total_bytes == len(site.files["tiny.zip"])
    assert list((tmp_path / ".fetch").iterdir()) == []


def test_a_tar_works_too(site: Site, tiny_folder: Path, tmp_path: Path) -> None:
    site.files["t.tgz"] = tarred([(tarfile.TarInfo(f"t/{p.name}"), p.read_bytes()) for p in tiny_folder.iterdir()])
    assert load_pack(fetch_pack(site.source("t.tgz"), tmp_path, transport=LOOPBACK)).id == "tiny"


def test_plain_http_is_refused_without_a_request(site: Site, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="over https only"):
        fetch_pack(PackSource(site.url("x"), "0" * 64), tmp_path)
    assert site.ranges == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "x.zip", "https://", "http://127.0.0.1.evil/x"])
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="over https only"):
        fetch_pack(PackSource(url, "0" * 64), tmp_path, transport=LOOPBACK)


def test_a_redirect_away_from_https_is_refused(site: Site, tmp_path: Path) -> None:
    site.redirects["moved"] = "http://example.invalid/pack.zip"
    with pytest.raises(PackError, match="over https only"):
        fetch_pack(PackSource(site.url("moved"), "0" * 64), tmp_path, transport=LOOPBACK)


def test_a_redirect_that_stays_safe_is_followed(site: Site, tiny_folder: Path, tmp_path: Path) -> None:
    site.files["tiny.zip"] = zipped(tiny_folder)
    site.redirects["moved"] = site.url("tiny.zip")
    source = PackSource(site.url("moved"), site.source("tiny.zip").sha256)
    assert fetch_pack(source, tmp_path, transport=LOOPBACK).is_dir()


def test_a_redirect_in_circles_ends(site: Site, tmp_path: Path) -> None:
    site.redirects["round"] = "/round"
    with pytest.raises(PackError, match="in circles"):
        fetch_pack(PackSource(site.url("round"), "0" * 64), tmp_path, transport=LOOPBACK)


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64])
def test_no_sha256_no_download(site: Site, tmp_path: Path, sha256: str) -> None:
    with pytest.raises(PackError, match="sha256"):
        fetch_pack(PackSource(site.url("x"), sha256), tmp_path, transport=LOOPBACK)
    assert site.ranges == []


def test_the_wrong_file_is_thrown_away(site: Site, tmp_path: Path) -> None:
    site.files["x"] = b"something else"
    with pytest.raises(PackError, match="sha256 differs"):
        fetch_pack(site.source("x", "0" * 64), tmp_path, transport=LOOPBACK)
    assert list((tmp_path / ".fetch").iterdir()) == []


def test_a_broken_download_goes_on_where_it_stopped(site: Site, tiny_folder: Path, tmp_path: Path) -> None:
    site.files["tiny.zip"] = zipped(tiny_folder)
    site.cut_at = 5000
    with pytest.raises(PackError, match="broke off"):
        fetch_pack(site.source("tiny.zip"), tmp_path, transport=LOOPBACK)
    site.cut_at = None
    assert fetch_pack(site.source("tiny.zip"), tmp_path, transport=LOOPBACK).is_dir()
    assert site.ranges == [None, "bytes=5000-"]


def test_a_server_that_cannot_resume_starts_again(site: Site, tiny_folder: Path, tmp_path: Path) -> None:
    site.files["tiny.zip"] = zipped(tiny_folder)
    site.cut_at, site.ignores_ranges = 5000, True
    with pytest.raises(PackError, match="broke off"):
        fetch_pack(site.source("tiny.zip"), tmp_path, transport=LOOPBACK)
    site.cut_at = None
    assert fetch_pack(site.source("tiny.zip"), tmp_path, transport=LOOPBACK).is_dir()


def test_too_large_a_file_is_not_fetched(site: Site, tmp_path: Path) -> None:
    site.files["x"] = bytes(200_000)
    with pytest.raises(PackError, match="larger than"):
        fetch_pack(site.source("x", limit=100_000), tmp_path, transport=LOOPBACK)


def test_cancel_keeps_what_has_arrived(site: Site, tmp_path: Path) -> None:
    site.files["x"] = bytes(2_000_000)
    watch = Watch(cancel=threading.Event(), on_progress=lambda _progress: watch.cancel.set())
    with pytest.raises(Cancelled):
        fetch_pack(site.source("x"), tmp_path, watch, LOOPBACK)
    [part] = (tmp_path / ".fetch").iterdir()
    assert 0 < part.stat().st_size < 2_000_000


def test_a_missing_page_and_a_silent_host_are_sentences(site: Site, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="answered 404"):
        fetch_pack(PackSource(site.url("absent"), "0" * 64), tmp_path, transport=LOOPBACK)
    with pytest.raises(PackError, match="cannot be reached"):
        fetch_pack(PackSource("http://127.0.0.1:1/x", "0" * 64), tmp_path, transport=LOOPBACK)


def test_a_broken_pack_is_not_installed(site: Site, breakable: Path, tmp_path: Path) -> None:
    (breakable / "frame.onnx").write_bytes(b"changed")
    site.files["x.zip"] = zipped(breakable)
    with pytest.raises(PackError, match="sha256 differs"):
        fetch_pack(site.source("x.zip"), tmp_path / "packs", transport=LOOPBACK)
    assert [each.name for each in (tmp_path / "packs").iterdir()] == [".fetch"]


def test_installing_again_replaces_the_old_copy(tiny_folder: Path, tmp_path: Path) -> None:
    first = install_folder(tiny_folder, tmp_path)
    (first / "frame.onnx").write_bytes(b"damaged")
    assert install_folder(tiny_folder, tmp_path) == first
    assert [entry.is_sound for entry in list_packs((tmp_path,))] == [True]
