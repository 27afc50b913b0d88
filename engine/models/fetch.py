"""Fetching a model pack the user asked for. The only module of the program that uses the network.

https only, and only with the sha256 known beforehand; an interrupted download goes on where it stopped; a pack appears
in the folder whole and verified, or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import re
import shutil
import ssl
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import truststore

from engine.errors import Cancelled, PackError
from engine.models.archive import unpack
from engine.models.pack import load_pack, verify

SIZE_LIMIT_BYTES = 4 * 1024**3
_TIMEOUT_S = 30
_MAX_REDIRECTS = 5
_CHUNK_BYTES = 256 * 1024
_TRY_AGAIN = "Check the connection and try again; what has arrived is kept"


@dataclass(frozen=True, slots=True)
class PackSource:
    """Where a pack lies and what it must be."""

    url: str
    sha256: str
    size_limit_bytes: int = SIZE_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class Progress:
    got_bytes: int
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class Watch:
    """How the caller follows and stops a download."""

    on_progress: Callable[[Progress], None] = field(default=lambda _progress: None)
    cancel: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Transport:
    """Only tests set this: plain http from this very computer."""

    allow_loopback_http: bool = False

    def check(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        is_loopback = parts.scheme == "http" and parts.hostname == "127.0.0.1"
        if parts.scheme == "https" and parts.hostname:
            return
        if not (is_loopback and self.allow_loopback_http):
            raise PackError(url, "packs are fetched over https only", "Give an address that starts with https://")


def fetch_pack(
    source: PackSource, packs_dir: Path, watch: Watch | None = None, transport: Transport | None = None
) -> Path:
    """Download, check, unpack, verify and install; returns the pack's folder under `packs_dir`."""
    watch, transport = watch or Watch(), transport or Transport()
    sha256 = source.sha256.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise PackError(
            source.url, "its sha256 is not given as 64 hexadecimal digits", "Copy the sha256 that comes with it"
        )
    transport.check(source.url)
    with _storing(source.url):
        archive = _waiting_room(packs_dir) / f"{sha256}.part"
        if not archive.exists() or _sha256(archive) != sha256:
            _download(source, archive, watch, transport)
        if _sha256(archive) != sha256:
            archive.unlink()
            reason = "what arrived is not the expected file (its sha256 differs)"
            raise PackError(source.url, reason, "Check the sha256, or get the pack from somewhere else")
        folder = install_archive(archive, packs_dir, source.size_limit_bytes)
        archive.unlink()
    return folder


def install_archive(archive: Path, packs_dir: Path, size_limit_bytes: int = SIZE_LIMIT_BYTES) -> Path:
    """Install a pack from an archive that is already on this computer."""
    with _storing(str(archive)), tempfile.TemporaryDirectory(dir=_waiting_room(packs_dir)) as scratch:
        unpacked = Path(scratch) / "pack"
        unpacked.mkdir()
        unpack(archive, unpacked, size_limit_bytes)
        return _put_in_place(unpacked, packs_dir, Path(scratch))


def install_folder(folder: Path, packs_dir: Path) -> Path:
    """Copy a pack folder of this computer into the library's packs."""
    pack = load_pack(folder)
    verify(pack)
    with _storing(str(folder)), tempfile.TemporaryDirectory(dir=_waiting_room(packs_dir)) as scratch:
        copy = Path(scratch) / "pack"
        for name in ("pack.toml", *pack.files):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, copy / name)
        return _put_in_place(copy, packs_dir, Path(scratch))


def _waiting_room(packs_dir: Path) -> Path:
    """Where half-done packs lie: beside the packs, so that putting one in place is a rename."""
    folder = packs_dir / ".fetch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _put_in_place(unpacked: Path, packs_dir: Path, scratch: Path) -> Path:
    pack = load_pack(unpacked)
    verify(pack)
    target = packs_dir / f"{pack.id}-{pack.revision}"
    if target.exists():
        target.rename(scratch / "old")
    unpacked.rename(target)
    return target


def _download(source: PackSource, archive: Path, watch: Watch, transport: Transport) -> None:
    have = archive.stat().st_size if archive.exists() else 0
    with _open(source.url, have, transport) as response:
        if have and not _continues_at(response, have):
            have = 0
        with archive.open("ab" if have else "wb") as out:
            _receive(response, out, _Limits(source, have, _total(response, have)), watch)


@dataclass(frozen=True, slots=True)
class _Limits:
    source: PackSource
    have_bytes: int
    total_bytes: int | None

    def check(self, size_bytes: int) -> None:
        if size_bytes > self.source.size_limit_bytes:
            limit = self.source.size_limit_bytes // 1024**2
            raise PackError(self.source.url, f"it is larger than the allowed {limit} MB", "Get a smaller pack")


def _receive(response: http.client.HTTPResponse, out: IO[bytes], limits: _Limits, watch: Watch) -> None:
    got = limits.have_bytes
    limits.check(limits.total_bytes or 0)
    while True:
        if watch.cancel.is_set():
            raise Cancelled
        try:
            chunk = response.read(_CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise PackError(limits.source.url, f"the connection broke off ({error})", _TRY_AGAIN) from error
        if not chunk:
            break
        got += len(chunk)
        limits.check(got)
        out.write(chunk)
        watch.on_progress(Progress(got, limits.total_bytes))
    if limits.total_bytes is not None and got < limits.total_bytes:
        raise PackError(limits.source.url, "the connection broke off before the end", _TRY_AGAIN)


def _open(url: str, have_bytes: int, transport: Transport) -> http.client.HTTPResponse:
    """Follow redirects ourselves, so that each address obeys the rule of the first."""
    for _ in range(_MAX_REDIRECTS + 1):
        transport.check(url)
        try:
            return _opener().open(_request(url, have_bytes), timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            error.close()
            place = error.headers.get("Location")
            if error.code == 416 and have_bytes:
                have_bytes = 0
            elif error.code in (301, 302, 303, 307, 308) and place:
                url = urllib.parse.urljoin(url, place)
            else:
                reason = f"the server answered {error.code} {error.reason}"
                raise PackError(url, reason, "Check the address") from error
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
            raise PackError(url, f"it cannot be reached ({getattr(error, 'reason', error)})", _TRY_AGAIN) from error
    raise PackError(url, "the server sends us in circles", "Check the address")


def _opener() -> urllib.request.OpenerDirector:
    """http and https with the system's proxies, and no other scheme."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        # The certificates this system trusts. Python finds them by a path that is only right where it was built.
        urllib.request.HTTPSHandler(context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _request(url: str, have_bytes: int) -> urllib.request.Request:
    headers = {"User-Agent": "Reelfind", "Accept-Encoding": "identity"}
    if have_bytes:
        headers["Range"] = f"bytes={have_bytes}-"
    return urllib.request.Request(url, headers=headers)


def _continues_at(response: http.client.HTTPResponse, have_bytes: int) -> bool:
    return response.status == 206 and (response.headers.get("Content-Range") or "").startswith(f"bytes {have_bytes}-")


def _total(response: http.client.HTTPResponse, have_bytes: int) -> int | None:
    length = response.headers.get("Content-Length") or ""
    return have_bytes + int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _storing(subject: str) -> Iterator[None]:
    """Turn what the disk says into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "Free some space and try again; what has arrived is kept"
            raise PackError(subject, "the disk is full", remedy) from error
        raise PackError(subject, f"it cannot be stored ({error})", "Check the library folder's permissions") from error
