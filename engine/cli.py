"""The command line: parses, calls the engine, and turns each kind of ending into an exit code.

0 done, 1 expected failure (one sentence on stderr), 2 wrong usage, 130 stopped by the user. Each command is a module
with `add_parsers(commands)`; the parser it adds names the function to run. Only the module of the command that is asked
for is loaded: a search shall not wait for what indexing needs.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import Cancelled, EngineError, ExpectedError
from engine.paths import default_library_dir
from engine.version import VERSION

Commands = argparse._SubParsersAction
OpenWindow = Callable[[Path], int]
"""Shows the window of a library until it is closed."""


# Imports and not names of modules, so that what packs the program for a system without Python finds them.
def _index(commands: Commands) -> None:
    from engine import cli_index  # noqa: PLC0415

    cli_index.add_parsers(commands)


def _search(commands: Commands) -> None:
    from engine import cli_search  # noqa: PLC0415

    cli_search.add_parsers(commands)


def _saved(commands: Commands) -> None:
    from engine import cli_saved  # noqa: PLC0415

    cli_saved.add_parsers(commands)


def _eval(commands: Commands) -> None:
    from engine import cli_eval  # noqa: PLC0415

    cli_eval.add_parsers(commands)


def _library(commands: Commands) -> None:
    from engine import cli_library  # noqa: PLC0415

    cli_library.add_parsers(commands)


def _model(commands: Commands) -> None:
    from engine import cli_model  # noqa: PLC0415

    cli_model.add_parsers(commands)


def _train(commands: Commands) -> None:
    from engine.training import cli as cli_train  # noqa: PLC0415

    cli_train.add_parsers(commands)


def _demo(commands: Commands) -> None:
    from engine import cli_demo  # noqa: PLC0415

    cli_demo.add_parsers(commands)


COMMANDS: Mapping[str, Callable[[Commands], None]] = {
    "index": _index,
    "search": _search,
    "saved": _saved,
    "history": _saved,
    "eval": _eval,
    "status": _library,
    "doctor": _library,
    "retry": _library,
    "forget": _library,
    "model": _model,
    "train": _train,
    "demo": _demo,
}
"""Each command and what adds its parser, in the order of the help."""

FIRST_STEPS = """\
Reelfind searches your own videos by what happens in them.

  reelfind demo             try it on clips that it draws itself
  reelfind index FOLDER     make a folder of videos part of your library
  reelfind search "WORDS"   find moments by describing what happens
  reelfind status           what the library holds, and what could not be read
  reelfind doctor           whether everything it needs is here

More: reelfind --help"""


def entry(open_window: OpenWindow | None = None) -> int:
    """The process's own start: what concerns all of it, then the command. Some commands end in a window if there is
    one; the engine knows none, so it is handed in."""
    faulthandler.enable()
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are no text, and a pipe may be ASCII: print what can be, escape the rest.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return main(open_window=open_window)


def main(arguments: Sequence[str] | None = None, open_window: OpenWindow | None = None) -> int:
    """Run one command line; returns its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = build_parser(given).parse_args(_with_words(given))
    options.open_window = open_window
    logging.basicConfig(level=logging.INFO if options.verbose else logging.ERROR, format="%(name)s: %(message)s")
    if options.run is None:
        print(FIRST_STEPS)
        return 0
    return _run(options)


def _with_words(arguments: list[str]) -> list[str]:
    """`-word` of a search is a word to leave out and no option; a space before it tells argparse so."""
    if "search" not in arguments:
        return arguments
    start = arguments.index("search") + 1
    words = [f" {one}" if re.match(r"-[^-]", one) and one not in ("-v", "-h") else one for one in arguments[start:]]
    return arguments[:start] + words


def build_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """A parser that knows the commands among the arguments, or all where none is."""
    parser = _Parser(prog="reelfind", description="Search your own videos by describing what happens.")
    parser.add_argument("--version", action="version", version=f"reelfind {VERSION}")
    parser.set_defaults(run=None, library=default_library_dir(), json=False, verbose=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    asked = [COMMANDS[one] for one in arguments if one in COMMANDS]
    for add_parsers in dict.fromkeys(asked or COMMANDS.values()):
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
        from engine.store.db import damage  # noqa: PLC0415  loads the database, which most commands have by now

        cause = damage(options.library)
        if cause is not None:
            raise cause from error
        raise
