"""`reelfind saved` and `reelfind history`: what is remembered of searches, and how to have it forgotten."""

from __future__ import annotations

import argparse
import json
from contextlib import closing

from engine.cli_words import count, shown
from engine.store import remembered
from engine.store.db import open_for_reading, open_library


def add_parsers(commands: argparse._SubParsersAction) -> None:
    saved = commands.add_parser("saved", help="list saved searches, rename or remove one")
    saved.add_argument("--remove", metavar="NAME")
    saved.add_argument("--rename", nargs=2, metavar=("NAME", "NEW"))
    saved.set_defaults(run=run_saved)
    history = commands.add_parser("history", help="past searches; can be wiped and switched off")
    history.add_argument("--clear", action="store_true", help="forget all past searches")
    history.add_argument("--off", action="store_true", help="forget them and remember no more")
    history.add_argument("--on", action="store_true", help="remember searches again")
    history.add_argument("--reset-feedback", action="store_true", help="forget which hits were called right or wrong")
    history.set_defaults(run=run_history)


def run_saved(options: argparse.Namespace) -> int:
    if options.remove is not None:
        with closing(open_library(options.library)) as db:
            remembered.forget_search(db, options.remove)
    if options.rename is not None:
        with closing(open_library(options.library)) as db:
            remembered.rename_search(db, *options.rename)
    with closing(open_for_reading(options.library)) as db:
        saved = remembered.saved_searches(db)
    if options.json:
        print(json.dumps({"saved": [{"name": one.name, "query": one.query} for one in saved]}, ensure_ascii=False))
    for one in saved if not options.json else ():
        print(f"{shown(one.name)}: {shown(one.query)}")
    return 0


def run_history(options: argparse.Namespace) -> int:
    if options.clear or options.off or options.on or options.reset_feedback:
        with closing(open_library(options.library)) as db:
            if options.clear:
                remembered.clear_history(db)
            if options.off or options.on:
                remembered.keep_history(db, options.on)
            if options.reset_feedback:
                remembered.reset_feedback(db)
    with closing(open_for_reading(options.library)) as db:
        past, is_kept = remembered.history(db), remembered.keeps_history(db)
    if options.json:
        values = [{"query": one.query, "hits": one.hits, "at": one.at} for one in past]
        print(json.dumps({"kept": is_kept, "history": values}, ensure_ascii=False))
        return 0
    for one in past:
        print(f"{shown(one.query)}  ({count(one.hits, 'hit')})")
    if not is_kept:
        print("Searches are not remembered.")
    return 0
