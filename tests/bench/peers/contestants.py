"""Each program that keeps an index, driven the same way: index a folder, count what can be found, ask."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from engine.engine import folder_size_bytes
from tests.bench.peers import homes
from tests.bench.peers.watch import Ran, run


@dataclass
class Contestant:
    """A program with a data folder of its own. `name` is what the tables call it."""

    data: Path
    name: str = ""
    takes: str = "videos"
    weighs: int = field(default=0, init=False)
    """Bytes that lie in the data folder before anything is indexed: settings and models."""

    def __post_init__(self) -> None:
        self.prepare()
        self.weighs = folder_size_bytes(self.data)

    def prepare(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)

    def command(self, folder: Path) -> Sequence[str | Path]:
        raise NotImplementedError

    def environment(self, folder: Path) -> Mapping[str, str]:
        del folder
        return {}

    def index(self, folder: Path, *, must: bool = True) -> Ran:
        return run(self.command(folder), self.environment(folder), must=must)

    def found(self, folder: Path) -> list[str]:
        """Names of the files that a search can give; one that is listed twice stands there twice."""
        raise NotImplementedError

    def size_bytes(self) -> int:
        return folder_size_bytes(self.data) - self.weighs


class Reelfind(Contestant):
    def prepare(self) -> None:
        super().prepare()
        self.name = "Reelfind"

    def command(self, folder: Path) -> Sequence[str | Path]:
        return self._line("index", folder)

    def quick(self, folder: Path) -> Ran:
        """Only the first look, after which everything can be found."""
        return run(self._line("index", "--quick", folder))

    def ask(self, words: str) -> Ran:
        return run(self._line("search", words))

    def found(self, folder: Path) -> list[str]:
        del folder
        ran = run(self._line("search", "type:mp4", "--limit", "1000"))
        hits = json.loads(ran.output.strip().splitlines()[-1])["hits"]
        return [path.name for path in {Path(one) for hit in hits for one in (hit["video"], *hit["copies"])}]

    def _line(self, *words: str | Path) -> list[str | Path]:
        return [sys.executable, "-P", "-m", "engine", "--json", "--library", self.data, *words]

    def environment(self, folder: Path) -> Mapping[str, str]:
        del folder
        return {"PYTHONPATH": str(homes.ROOT)}


class Rclip(Contestant):
    """For photos, so it is given stills of the same videos."""

    def prepare(self) -> None:
        self.name, self.takes = homes.VERSIONS["rclip"], "stills"
        homes.give_rclip_its_model(self.data)

    def command(self, folder: Path) -> Sequence[str | Path]:
        return self._line("-f", "-t", "1", "a red car", where=folder)

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {"RCLIP_DATADIR": str(self.data), "PWD": str(folder)}

    def ask(self, folder: Path, words: str) -> Ran:
        return run(self._line("-n", "-f", "-t", "20", words, where=folder), self.environment(folder))

    def found(self, folder: Path) -> list[str]:
        ran = run(self._line("-n", "-f", "-t", "100000", "a red car", where=folder), self.environment(folder))
        return [Path(line).name for line in ran.output.splitlines() if line.endswith(".jpg")]

    def fill(self, folder: Path, vectors: int) -> None:
        """More rows like the first, so that it searches so many."""
        with closing(sqlite3.connect(self.data / "db.sqlite3")) as db:
            columns = [row[1] for row in db.execute("PRAGMA table_info(images)") if row[1] not in ("id", "filepath")]
            names = ", ".join(columns)
            (have,) = db.execute("SELECT count(*) FROM images").fetchone()
            db.executemany(
                f"INSERT INTO images(filepath, {names}) SELECT ?, {names} FROM images WHERE id ="
                " (SELECT min(id) FROM images)",
                [(str(folder / f"more {number}.jpg"),) for number in range(have, vectors)],
            )
            db.commit()

    def _line(self, *words: str, where: Path) -> list[str]:
        # rclip searches the folder it is started in.
        start = f"import os, runpy; os.chdir({str(where)!r}); runpy.run_module('rclip', run_name='__main__')"
        return [homes.python("rclip"), "-c", start, *words]


class MaterialSearch(Contestant):
    def prepare(self) -> None:
        self.name = homes.VERSIONS["materialsearch"]
        (self.data / "tmp").mkdir(parents=True, exist_ok=True)

    def command(self, folder: Path) -> Sequence[str | Path]:
        del folder
        return self._line("scan")

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {
            "MODEL_NAME": str(homes.MODELS / "materialsearch"),
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
            "DEVICE": "cpu",
            "ASSETS_PATH": str(folder),
            "SKIP_PATH": "/none",
            "IGNORE_STRINGS": "thumb",
            "TEMP_PATH": str(self.data / "tmp"),
            "SQLALCHEMY_DATABASE_URL": f"sqlite:///{self.database}",
        }

    @property
    def database(self) -> Path:
        return self.data / "assets.db"

    def ask(self, folder: Path, times: int) -> Ran:
        return run(self._line("ask", str(times)), self.environment(folder))

    def fill(self, folder: Path, vectors: int, each: int) -> None:
        run(self._line("fill", str(self.database), str(vectors), str(each)), self.environment(folder))

    def found(self, folder: Path) -> list[str]:
        """What its own search goes through: every video of its table that has vectors."""
        del folder
        with closing(sqlite3.connect(self.database)) as db:
            rows = db.execute(
                "SELECT path FROM video v WHERE EXISTS (SELECT 1 FROM video_features f WHERE f.checksum = v.checksum)"
            ).fetchall()
        return [Path(path).name for (path,) in rows]

    def _line(self, *words: str) -> list[str]:
        return [homes.python("materialsearch"), str(homes.INSIDE / "materialsearch.py"), *words]
