"""The job loop's net: whatever goes wrong with one file costs that file, is logged, and becomes a sentence."""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import EngineError, MediaError

log = logging.getLogger(__name__)


@contextmanager
def one_file(path: Path) -> Iterator[None]:
    """Turn what a decoder or a strange file throws into MediaError. Trouble with the library itself passes through."""
    try:
        yield
    except (EngineError, sqlite3.Error, FileNotFoundError):
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        reason = (error.strerror or str(error)).lower()
        raise MediaError(str(path), f"it cannot be read ({reason})", "Check the disk it lies on") from error
    except Exception as error:
        log.exception("unexpected trouble with one file")
        raise MediaError(
            str(path),
            f"reading it failed in an unexpected way ({type(error).__name__}: {error})",
            "Other files are not affected; a report with this sentence helps to mend it",
        ) from error
