"""`reelfind model list|info|verify|add|use`: which packs are here, whether they are sound, and which one works."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from engine.cli_words import size
from engine.errors import PackError
from engine.models.catalog import PackEntry, choose, list_packs, pack_dirs, user_packs_dir
from engine.models.fetch import PackSource, fetch_pack, install_archive, install_folder
from engine.models.pack import Pack, load_pack, verify
from engine.settings import load_settings, save_settings


def add_parsers(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("model", help="model packs: list, look at, check, add, choose")
    parser.set_defaults(run=run_list)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    _action(actions, "list", "the packs on this machine; * marks the one in use").set_defaults(run=run_list)
    info = _action(actions, "info", "what a pack can do, where it comes from, its licence")
    info.add_argument("pack", nargs="?", default="", help="default: the one in use")
    info.set_defaults(run=run_info)
    check = _action(actions, "verify", "check every file of a pack against its manifest")
    check.add_argument("pack", nargs="?", default="", help="default: all of them")
    check.set_defaults(run=run_verify)
    add = _action(actions, "add", "install a pack from a folder, an archive, or an https address")
    add.add_argument("source", help="folder, .zip, .tar.gz, or https://...")
    add.add_argument("--sha256", default="", help="of the archive; needed for an address")
    add.set_defaults(run=run_add)
    use = _action(actions, "use", "work with this pack from now on; videos go over to it one by one")
    use.add_argument("pack", help="id, or id@revision")
    use.set_defaults(run=run_use)


def run_list(options: argparse.Namespace) -> int:
    entries = list_packs(pack_dirs(options.library))
    in_use = _folder_in_use(options.library)
    if options.json:
        print(json.dumps({"packs": [_values(entry, in_use) for entry in entries]}))
    elif not entries:
        print("No pack is installed. Add one: reelfind model add FOLDER")
    for entry in [] if options.json else entries:
        mark = "*" if entry.folder == in_use else " "
        print(f"{mark} {_line(entry)}")
    return 0


def run_info(options: argparse.Namespace) -> int:
    pack = _wanted(options.library, options.pack)
    if options.json:
        print(json.dumps(_pack_values(pack)))
        return 0
    print(f"{pack.name} ({pack.id}, revision {pack.revision})")
    print(f"Folder         {pack.folder}")
    print(f"Can            {', '.join(sorted(pack.parts))}")
    print(f"Languages      {', '.join(pack.languages)}")
    print(f"Licence        {pack.licence}")
    print(f"Training data  {'; '.join(pack.training_data)}")
    print(f"Size           {size(_bytes(pack))}")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Exits 1 when a pack is not sound."""
    entries = [entry for entry in list_packs(pack_dirs(options.library)) if _answers(entry, options.pack)]
    if not entries:
        raise PackError(options.pack or "Model packs", "there is no such pack", "See: reelfind model list")
    if options.json:
        print(json.dumps({"packs": [_values(entry, None) for entry in entries]}))
    for entry in [] if options.json else entries:
        print(f"{entry.folder.name}: {'sound' if entry.problem is None else entry.problem}")
    return int(any(entry.problem is not None for entry in entries))


def run_add(options: argparse.Namespace) -> int:
    folder = _install(options.source, options.sha256, user_packs_dir(options.library))
    pack = load_pack(folder)
    if options.json:
        print(json.dumps(_pack_values(pack)))
    else:
        print(f"Added {pack.name}. Use it: reelfind model use {pack.id}")
    return 0


def run_use(options: argparse.Namespace) -> int:
    pack = _wanted(options.library, options.pack)
    verify(pack)
    settings = load_settings(options.library)
    options.library.mkdir(parents=True, exist_ok=True)
    save_settings(options.library, replace(settings, pack=options.pack))
    if options.json:
        print(json.dumps(_pack_values(pack)))
    else:
        print(f"Using {pack.name}. Videos go over to it with the next: reelfind index")
    return 0


def _install(source: str, sha256: str, packs_dir: Path) -> Path:
    packs_dir.mkdir(parents=True, exist_ok=True)
    if "://" in source:
        return fetch_pack(PackSource(source, sha256), packs_dir)
    path = Path(source)
    return install_folder(path, packs_dir) if path.is_dir() else install_archive(path, packs_dir)


def _action(actions: argparse._SubParsersAction, name: str, meaning: str) -> argparse.ArgumentParser:
    return actions.add_parser(name, help=meaning, description=meaning)


def _wanted(library: Path, name: str) -> Pack:
    """The pack of that name, or the one in use. An unusable one is an error here, not a reason for another."""
    if not name:
        return choose(pack_dirs(library), load_settings(library).pack).pack
    for entry in list_packs(pack_dirs(library), check_files=False):
        if _answers(entry, name):
            return load_pack(entry.folder)
    raise PackError(name, "there is no such pack", "See: reelfind model list")


def _answers(entry: PackEntry, name: str) -> bool:
    pack = entry.pack
    names = {entry.folder.name} if pack is None else {pack.id, f"{pack.id}@{pack.revision}", entry.folder.name}
    return not name or name in names


def _folder_in_use(library: Path) -> Path | None:
    try:
        return choose(pack_dirs(library), load_settings(library).pack).pack.folder
    except PackError:
        return None


def _line(entry: PackEntry) -> str:
    if entry.pack is None or entry.problem is not None:
        return f"{entry.folder.name}: cannot be used. {entry.problem}"
    pack = entry.pack
    return f"{pack.id}@{pack.revision}  {pack.name}  ({', '.join(sorted(pack.parts))}; {size(_bytes(pack))})"


def _bytes(pack: Pack) -> int:
    return sum((pack.folder / name).stat().st_size for name in pack.files)


def _values(entry: PackEntry, in_use: Path | None) -> dict[str, object]:
    about = {"folder": str(entry.folder)} if entry.pack is None else _pack_values(entry.pack)
    problem = None if entry.problem is None else str(entry.problem)
    return {**about, "problem": problem, "in_use": entry.folder == in_use}


def _pack_values(pack: Pack) -> dict[str, object]:
    return {
        "folder": str(pack.folder),
        "id": pack.id,
        "revision": pack.revision,
        "name": pack.name,
        "parts": sorted(pack.parts),
        "languages": list(pack.languages),
        "licence": pack.licence,
        "training_data": list(pack.training_data),
        "size_bytes": _bytes(pack),
    }
