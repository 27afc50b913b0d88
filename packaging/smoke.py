"""`make package-test`: tries what `make package` made where a stranger would, in a bare Debian without Python.

A minimal Debian is made once (build/bare). Each try works on a throw-away layer over it, in a mount and network
namespace of its own: the .deb is installed with what it asks for, then the program indexes and searches as a user
without rights and without a network, opens its window on a screen in memory, and the AppDir does the same from another
place. Needs root, debootstrap, and the system's package mirror.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from measure import Screen, wait_for_window  # noqa: E402

from engine.version import VERSION  # noqa: E402
from tests.scenes import draw  # noqa: E402

DIST = ROOT / "dist"
BARE = ROOT / "build" / "bare"
SUITE = "bookworm"
USER = "65534"
PROGRAMS = {"the .deb": "/usr/bin/reelfind", "the AppDir": "/srv/Reelfind.AppDir/AppRun"}


class Broken(Exception):
    """The package does not do what it should; says what."""


def main() -> int:
    problem = unfit()
    if problem is not None:
        print(f"package test: {problem}", file=sys.stderr)
        return 1
    make_bare()
    try:
        with layer() as root:
            install(root)
            for what, program in PROGRAMS.items():
                try_program(root, program)
                print(f"package test: {what} indexes, searches and opens its window, without Python and network")
    except Broken as error:
        print(f"package test: {error}", file=sys.stderr)
        return 1
    return 0


def unfit() -> str | None:
    if os.geteuid() != 0:
        return "it has to make a bare system to try the package in, which only root can"
    missing = [name for name in ("debootstrap", "unshare", "chroot", "Xvfb", "xdotool") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} is not installed; on Debian: apt-get install debootstrap xvfb xdotool"
    if not list(DIST.glob("reelfind_*.deb")):
        return "there is no package in dist/ yet; make it with: make package"
    return None


def make_bare() -> None:
    """The smallest Debian there is. Half of one is thrown away."""
    if (BARE / "complete").exists():
        return
    shutil.rmtree(BARE, ignore_errors=True)
    BARE.parent.mkdir(exist_ok=True)
    print("package test: making a bare Debian, once")
    subprocess.run(["debootstrap", "--variant=minbase", SUITE, str(BARE)], check=True, stdout=subprocess.DEVNULL)
    (BARE / "complete").touch()


@contextmanager
def layer() -> Iterator[Path]:
    """A copy of the bare system that costs nothing and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="reelfind-package-") as scratch:
        upper, work, root = (Path(scratch) / name for name in ("upper", "work", "root"))
        for folder in (upper, work, root):
            folder.mkdir()
        options = f"lowerdir={BARE},upperdir={upper},workdir={work}"
        mounts = [
            ["-t", "overlay", "overlay", "-o", options, str(root)],
            ["-t", "proc", "proc", str(root / "proc")],
            ["--rbind", "--make-rslave", "/dev", str(root / "dev")],
        ]
        mounted: list[str] = []
        try:
            for words in mounts:
                subprocess.run(["mount", *words], check=True)
                mounted.insert(0, words[-1])
            yield root
        finally:
            for place in mounted:
                subprocess.run(["umount", "-R", "-l", place], check=False)


def install(root: Path) -> None:
    """The .deb as apt installs it, the AppDir beside it, and two videos."""
    if inside(root, "sh", "-c", "command -v python3 || command -v python").returncode == 0:
        raise Broken("the bare system has a Python, so it proves nothing")
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    deb = next(DIST.glob("reelfind_*.deb"))
    shutil.copy(deb, root / "srv")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", f"/srv/{deb.name}"]):
        done = inside(root, "apt-get", *words, environment=quiet)
        if done.returncode != 0:
            raise Broken(f"apt-get {words[0]} failed:\n{done.stdout}{done.stderr}")
    if inside(root, "sh", "-c", "command -v python3").returncode == 0:
        raise Broken("the package brought the system's Python along")
    shutil.copytree(DIST / "Reelfind.AppDir", root / "srv" / "Reelfind.AppDir", symlinks=True)
    videos = root / "srv" / "videos"
    draw(videos / "first day.mp4", [("red", 2.0), ("blue", 2.0)])
    draw(videos / "it's $(second) day.mp4", [("green", 2.0)])
    (videos / "broken.mp4").write_bytes(b"no video at all")


def try_program(root: Path, program: str) -> None:
    home = root / "srv" / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    os.chown(home, int(USER), int(USER))
    said = run(root, program, "--version").stdout.strip()
    expect(said == f"reelfind {VERSION}", f"{program} --version says {said!r}")
    check_doctor(root, program)
    done = json.loads(run(root, program, "--json", "index", "/srv/videos").stdout.splitlines()[-1])
    expect((done["event"], done["videos"], len(done["failed"])) == ("done", 2, 1), f"index ended with {done}")
    answer = json.loads(run(root, program, "--json", "search", "name:first").stdout)
    names = {Path(hit["video"]).name for hit in answer["hits"]}
    expect(names == {"first day.mp4"}, f"search by name found {names}")
    answer = json.loads(run(root, program, "--json", "search", "a plain blue picture").stdout)
    expect(answer["searched"]["videos"] == 2 and bool(answer["hits"]), f"search by picture said {answer}")
    open_window(root, program)


def check_doctor(root: Path, program: str) -> None:
    done = run(root, program, "--json", "doctor", may_fail=True)
    findings = [one for line in done.stdout.splitlines() for one in _findings(json.loads(line))]
    states = {one["subject"]: one["level"] for one in findings}
    for subject in ("Python", "Qt", "FFmpeg", "Model pack"):
        expect(states.get(subject) == "ok", f"doctor says of {subject}: {findings}")


def _findings(value: dict[str, object]) -> list[dict[str, str]]:
    found = value.get("findings", [value])
    return found if isinstance(found, list) else []


def open_window(root: Path, program: str) -> None:
    """On a screen in memory, whose socket is put into the bare system: the user has no network to reach it by."""
    sockets = root / "tmp" / ".X11-unix"
    sockets.mkdir(exist_ok=True)
    with Screen() as display:
        subprocess.run(["mount", "--bind", "/tmp/.X11-unix", str(sockets)], check=True)
        process = subprocess.Popen(
            command(root, program),
            env=environment({"DISPLAY": display}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            wait_for_window(display)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            process.kill()
            raise Broken(f"the window did not open: {process.communicate()[1].decode(errors='replace')}") from error
        finally:
            process.terminate()
            process.communicate()
            subprocess.run(["umount", str(sockets)], check=True)


def run(root: Path, *words: str, may_fail: bool = False) -> subprocess.CompletedProcess[str]:
    """As a user without rights and without a network, in the bare system."""
    done = subprocess.run(command(root, *words), env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0 and not may_fail:
        raise Broken(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def command(root: Path, *words: str) -> list[str]:
    tools = [shutil.which(name) or name for name in ("unshare", "chroot")]
    return [tools[0], "--net", tools[1], f"--userspec={USER}:{USER}", str(root), *words]


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": "/srv/home", "LANG": "C.UTF-8", **(more or {})}


def inside(root: Path, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """As root, with the network: only for installing."""
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    return subprocess.run(
        ["chroot", str(root), *words],
        env={"PATH": path, **(environment or {}), **_proxies()},
        capture_output=True,
        text=True,
        check=False,
    )


def _proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)


if __name__ == "__main__":
    raise SystemExit(main())
