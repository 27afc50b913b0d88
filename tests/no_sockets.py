"""Starts a program that is ended by the system at its first socket, in itself and in every process it starts.

    python tests/no_sockets.py PROGRAM [ARGUMENT]...

A seccomp filter, so that native code is caught as well as Python. Linux only; needs no rights.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

# (what the kernel calls the processor, the number of socket(2) there)
PROCESSORS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
KILL, ALLOW = 0x80000000, 0x7FFF0000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
AT_NUMBER, AT_PROCESSOR = 0, 4


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]


def is_possible() -> bool:
    return sys.platform == "linux" and platform.machine() in PROCESSORS


def forbid_sockets() -> None:
    """For this process and all it will start; cannot be taken back."""
    processor, socket = PROCESSORS[platform.machine()]
    steps = [
        (LOAD, 0, 0, AT_PROCESSOR),
        (JUMP_IF_EQUAL, 1, 0, processor),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, AT_NUMBER),
        (JUMP_IF_EQUAL, 0, 1, socket),
        (RETURN, 0, 0, KILL),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.cast(code, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "the filter was not accepted")


if __name__ == "__main__":
    forbid_sockets()
    os.execvp(sys.argv[1], sys.argv[1:])
