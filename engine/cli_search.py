"""`reelfind search`: what it can be asked, and the head start that its models get. The answer is `cli_answer`'s.

Imports little: whatever the graphs do not need is loaded while they open.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.search.ahead import HeadStart
from engine.search.parse import parse
from engine.settings import load_settings


def add_parsers(commands: argparse._SubParsersAction) -> None:
    search = commands.add_parser(
        "search", help="find moments by describing what happens", description=run_search.__doc__
    )
    search.add_argument(
        "words", nargs="*", metavar="QUERY", help='words, "phrases", -not, first > then, in: after: ...'
    )
    search.add_argument("--limit", type=_whole, default=10, metavar="N", help="hits to show (default: 10)")
    search.add_argument("--offset", type=_whole, default=0, metavar="N", help="leave out the first N hits")
    search.add_argument("--group", action="store_true", help="keep the moments of a video together")
    search.add_argument("--why", action="store_true", help="say what each hit was found by")
    search.add_argument("--image", type=Path, metavar="FILE", help="look for what a picture shows")
    search.add_argument("--like", metavar="VIDEO@TIME", help="look for more like a moment: clip.mp4@1:30")
    search.add_argument("--saved", metavar="NAME", help="use a saved search, with the words given added to it")
    search.add_argument("--save-as", metavar="NAME", help="keep this search under a name")
    search.add_argument("--undo", action="store_true", help="take back what was said of this search's hits before")
    search.add_argument("--no-history", action="store_true", help="do not remember this search")
    search.add_argument("--no-pictures", action="store_true", help="no thumbnails, even where the terminal shows them")
    search.set_defaults(run=run_search)


def run_search(options: argparse.Namespace) -> int:
    """Find moments. Words describe what happens; -word excludes; "words in quotes" must be said or written so;
    `dog runs > dog swims` finds one after the other; in: name: after: before: longer: shorter: camera: tag: said:
    type: and offline: filter."""
    settings = load_settings(options.library)
    has_words = options.saved is not None or parse(" ".join(options.words)).has_text
    with HeadStart(options.library, settings.pack, has_words=has_words) as ahead:
        from engine.cli_answer import answer_search  # noqa: PLC0415 - while the graphs open

        return answer_search(options, ahead)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("has to be a whole number, zero or above")
    return int(text)
