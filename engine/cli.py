"""The command line: parses, calls the engine, and turns each kind of ending into an exit code.

0 done, 1 expected failure (one sentence on stderr), 2 wrong usage, 130 stopped by the user. Each command is a module
with `add_parsers(commands)`; the parser it adds names the function to run.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine import cli_index, cli_library, cli_model
from engine.cli_search import add_search_parsers
from engine.errors import Cancelled, EngineError, ExpectedError
from engine.paths import default_library_dir
from engine.store.db import damage
from engine.training.cli import add_train_parser
from engine.version import VERSION

Commands = argparse._SubParsersAction

COMMANDS: tuple[Callable[[Commands], None], ...] = (
    cli_index.add_parsers,
    add_search_parsers,
    cli_library.add_parsers,
    cli_model.add_parsers,
    add_train_parser,
)

FIRST_STEPS = """\
Reelfind searches your own videos by what happens in them.

  reelfind index FOLDER     make a folder of videos part of your library
  reelfind search "WORDS"   find moments by describing what happens
  reelfind status           what the library holds, and what could not be read
  reelfind doctor           whether everything it needs is here

More: reelfind --help"""


def entry() -> int:
    """The process's own start: what concerns all of it, then the command."""
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are no text, and a pipe may be ASCII: print what can be, escape the rest.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit code."""
    options = build_parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.ERROR, format="%(name)s: %(message)s")
    if options.run is None:
        print(FIRST_STEPS)
        return 0
    return _run(options)


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="reelfind", description="Search your own videos by describing what happens.")
    parser.add_argument("--version", action="version", version=f"reelfind {VERSION}")
    parser.set_defaults(run=None, library=default_library_dir(), json=False, verbose=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add_parsers in COMMANDS:
        add_parsers(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser, and through it every command's, with the options that may stand before or after the command."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Without a default of its own an option only counts where it is given; the defaults stand at the top.
        self.add_argument(
            "--library",
            type=Path,
            default=argparse.SUPPRESS,
            metavar="DIR",
            help="where the library is kept (default: this system's data folder)",
        )
        self.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for programs")
        self.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="tell more on stderr")


def _run(options: argparse.Namespace) -> int:
    try:
        return _carried_out(options)
    except ExpectedError as error:
        if options.json:
            values = {"subject": error.subject, "reason": error.reason, "remedy": error.remedy}
            print(json.dumps({"event": "error", **values}))
        print(f"reelfind: {error}", file=sys.stderr)
        return 1
    except (Cancelled, KeyboardInterrupt):
        print("Stopped. What was finished is kept; the same command goes on with the rest.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`); nothing is left to tell anybody.
        sys.stderr.close()
        return 0


def _carried_out(options: argparse.Namespace) -> int:
    """Run the command. What fails in a way nobody expected is blamed on the library where its content is the reason."""
    try:
        return int(options.run(options))
    except (EngineError, KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        cause = damage(options.library)
        if cause is not None:
            raise cause from error
        raise
