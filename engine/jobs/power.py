"""Whether the computer runs on mains power, and for how long nobody has touched it. None means: cannot tell.

Never raises and never waits longer than half a second. Each system is asked in its own way; the parts that read an
answer are pure.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from engine.packaged import outside_environment

_SUPPLIES = Path("/sys/class/power_supply")
_PATIENCE_S = 0.5

_LOGINCTL = ("loginctl", "show-session", "-p", "IdleHint", "-p", "IdleSinceHintMonotonic")
_MUTTER = (
    "gdbus", "call", "--session", "--timeout", "1", "--dest", "org.gnome.Mutter.IdleMonitor",
    "--object-path", "/org/gnome/Mutter/IdleMonitor/Core", "--method", "org.gnome.Mutter.IdleMonitor.GetIdletime",
)  # fmt: skip
_IOREG = ("/usr/sbin/ioreg", "-c", "IOHIDSystem", "-d", "4")


def on_mains() -> bool | None:
    """True on mains power, and for a computer that has no battery."""
    if sys.platform.startswith("linux"):
        return mains_from_supplies(_SUPPLIES)
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError, psutil.Error):
        return None
    return True if battery is None else battery.power_plugged


def idle_s() -> float | None:
    """Seconds since the last key, touch or movement of the mouse."""
    if sys.platform == "win32":
        return _windows_idle_s()
    if sys.platform == "darwin":
        return idle_from_ioreg(_answer(_IOREG))
    # Under Wayland the X server sees only the input of X programs.
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        found = _x11_idle_s()
        if found is not None:
            return found
    if os.environ.get("WAYLAND_DISPLAY"):
        found = idle_from_mutter(_answer(_MUTTER))
        if found is not None:
            return found
    return idle_from_logind(_answer(_LOGINCTL), time.monotonic())


def mains_from_supplies(folder: Path) -> bool | None:
    """Linux's folder of power supplies; the batteries of mice and telephones in it do not count."""
    try:
        supplies = [_supply(entry) for entry in sorted(folder.iterdir())]
    except OSError:
        return None
    if any(kind != "Battery" and is_online == "1" for kind, _, is_online, _ in supplies):
        return True
    states = [state for kind, scope, _, state in supplies if kind == "Battery" and scope != "Device"]
    if "Discharging" in states:
        return False
    if any(kind == "Mains" and is_online == "0" for kind, _, is_online, _ in supplies) and states:
        return False
    return None if states and set(states) <= {"Unknown", ""} else True


def idle_from_logind(answer: str, now_s: float) -> float | None:
    """`now_s` is on the clock that starts when the computer does, like the answer."""
    fields = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    if fields.get("IdleHint") == "no":
        return 0.0
    since = fields.get("IdleSinceHintMonotonic", "")
    if fields.get("IdleHint") != "yes" or not since.isdecimal():
        return None
    return max(0.0, now_s - int(since) / 1e6)


def idle_from_mutter(answer: str) -> float | None:
    """Milliseconds, as `(uint64 1234,)`."""
    match = re.search(r"uint64 (\d+)", answer)
    return int(match[1]) / 1e3 if match else None


def idle_from_ioreg(answer: str) -> float | None:
    """Nanoseconds, on a line of their own."""
    match = re.search(r'"HIDIdleTime"\s*=\s*(\d+)', answer)
    return int(match[1]) / 1e9 if match else None


def _supply(entry: Path) -> tuple[str, str, str, str]:
    kind, scope, is_online, state = (_word(entry / name) for name in ("type", "scope", "online", "status"))
    return kind, scope, is_online, state


def _word(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _answer(command: tuple[str, ...]) -> str:
    """What a system tool says; empty when it is not there, fails or takes too long."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
            errors="replace",
            env=outside_environment(),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout


class _ScreenSaverInfo(ctypes.Structure):
    _fields_ = [
        ("window", ctypes.c_ulong),
        ("state", ctypes.c_int),
        ("kind", ctypes.c_int),
        ("til_or_since", ctypes.c_ulong),
        ("idle_ms", ctypes.c_ulong),
        ("event_mask", ctypes.c_ulong),
    ]


def _x11_idle_s() -> float | None:
    try:
        x11 = ctypes.CDLL("libX11.so.6")
        saver = ctypes.CDLL("libXss.so.1")
    except OSError:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    x11.XDefaultRootWindow.argtypes = (ctypes.c_void_p,)
    x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
    saver.XScreenSaverQueryExtension.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    saver.XScreenSaverQueryInfo.argtypes = (ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p)
    display = x11.XOpenDisplay(None)
    if not display:
        return None
    try:
        spare = ctypes.c_int(), ctypes.c_int()
        # Asking a server without the extension would end the process.
        if not saver.XScreenSaverQueryExtension(display, *map(ctypes.byref, spare)):
            return None
        info = _ScreenSaverInfo()
        answered = saver.XScreenSaverQueryInfo(display, x11.XDefaultRootWindow(display), ctypes.byref(info))
        return info.idle_ms / 1e3 if answered else None
    finally:
        x11.XCloseDisplay(display)


class _LastInput(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("tick_ms", ctypes.c_uint32)]


def _windows_idle_s() -> float | None:
    libraries = getattr(ctypes, "windll", None)
    if libraries is None:
        return None
    last = _LastInput(ctypes.sizeof(_LastInput), 0)
    if not libraries.user32.GetLastInputInfo(ctypes.byref(last)):
        return None
    # Both counters wrap around every 49 days.
    return ((libraries.kernel32.GetTickCount() - last.tick_ms) & 0xFFFFFFFF) / 1e3
