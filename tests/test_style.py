"""The tree keeps the rules of the house, and each rule is shown to fail and to pass where it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import style_rules as rules
from tests.style_rules import RULES, Rule, Source

ROOT = Path(__file__).resolve().parents[1]
CODE = ("app", "engine", "packaging", "tests")
DOCUMENTS = ("*.md", "*.toml", "Makefile", ".ci/*", "packaging/*")


def _source(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


SOURCES = [_source(path) for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]
TEXTS = [_source(path) for pattern in DOCUMENTS for path in sorted(ROOT.glob(pattern)) if path.is_file()]


def _function(*body: str, head: str = "def f():") -> str:
    return "\n".join((head, *(f"    {line}" for line in body))) + "\n"


NESTED = "\n".join("    " * depth + "if x:" for depth in range(1, 6)) + "\n" + "    " * 6 + "pass\n"
ELIFS = "    if a:\n        pass\n" + "".join(f"    elif b{n}:\n        pass\n" for n in range(9))

# Rule -> (file it is asked about, text it must complain about, text it must accept)
EXAMPLES: dict[Rule, tuple[str, str, str]] = {
    rules.engine_knows_no_window: ("engine/a.py", "from PySide6 import QtCore", "import pathlib"),
    rules.only_fetch_uses_the_network: ("app/a.py", "from urllib import request", "from urllib import parse"),
    rules.no_shell_reads_a_command: (
        "app/a.py",
        "subprocess.run(words, shell=True)",
        "subprocess.run([program, str(path)], shell=False)",
    ),
    rules.arrows_point_down: ("engine/store/a.py", "import engine.media.probe", "from engine import types"),
    rules.drawing_stands_alone: (
        "engine/demo/a.py",
        "import torch",
        "import av\nfrom engine.errors import ExpectedError",
    ),
    rules.sql_lives_in_the_store: ("engine/a.py", "s = 'SELECT id FROM videos'", "s = 'Select one from the list'"),
    rules.files_are_short: ("tests/a.py", "x = 1\n" * 401, "x = 1\n" * 400),
    rules.functions_are_short: ("app/a.py", _function(*["x = 1"] * 50), _function(*["x = 1"] * 49)),
    rules.parameters_are_few: (
        "engine/a.py",
        _function("pass", head="def f(a, b, c, *, d, e, f):"),
        _function("pass", head="def f(self, a, b, c, d, e):"),
    ),
    rules.nesting_is_shallow: ("engine/a.py", "def f():\n" + NESTED, "def f():\n" + ELIFS),
    rules.modules_say_what_they_are_for: ("engine/a.py", "x = 1", '"""Holds x."""\nx = 1'),
    rules.only_the_command_line_prints: ("engine/a.py", "print(1)", "pprint(1)"),
    rules.only_the_clock_asks_the_calendar: ("engine/a.py", "x = time.time()", "x = time.monotonic()"),
    rules.few_files_catch_everything: (
        "engine/a.py",
        "try:\n    x\nexcept (OSError, Exception):\n    pass",
        "try:\n    x\nexcept OSError:\n    pass",
    ),
    rules.tests_do_not_sleep: ("tests/a.py", "time.sleep(1)", "event.wait(1)"),
    rules.nothing_is_left_for_later: ("app/a.py", "x = 1  # TO" + "DO: two", "x = 'a to-do list'"),
    rules.names_no_machine: ("README.md", "see /wo" + "rk/main", "see the work/main folder"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: Rule) -> None:
    assert [f"{source.path}:{complaint}" for source in SOURCES for complaint in rule(source)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_can_fail(rule: Rule) -> None:
    path, bad, _ = EXAMPLES[rule]
    assert list(rule(Source(path, bad)))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_can_pass(rule: Rule) -> None:
    path, _, good = EXAMPLES[rule]
    assert list(rule(Source(path, good))) == []


@pytest.mark.parametrize(
    "line",
    [
        "os.system(f'mpv {path}')",
        "subprocess.Popen(f'mpv {path}')",
        "subprocess.run('mpv ' + path)",
        "subprocess.run('mpv %s' % path)",
        "subprocess.check_output('ls')",
        "subprocess.run(words, shell=wanted)",
        "subprocess.getoutput('ls')",
        "Popen('ls')",
    ],
)
def test_each_way_to_a_shell_is_seen(line: str) -> None:
    assert list(rules.no_shell_reads_a_command(Source("app/a.py", line)))


def test_documents_and_scripts_name_no_machine() -> None:
    assert [f"{text.path}:{complaint}" for text in TEXTS for complaint in rules.names_no_machine(text)] == []


def test_the_tree_was_found() -> None:
    assert {source.top for source in SOURCES} == set(CODE)
    assert "Makefile" in {text.path for text in TEXTS}


def test_packaging_does_not_shadow_the_library_of_that_name() -> None:
    assert list((ROOT / "packaging").rglob("__init__.py")) == []


def test_files_that_may_catch_everything_exist_for_a_reason() -> None:
    unused = [path for path in rules.CATCH_ALL if (ROOT / path).is_file() and not _catches(ROOT / path)]
    assert unused == []


def _catches(path: Path) -> bool:
    """The rule finds something when the same text is looked at under another name."""
    return bool(list(rules.few_files_catch_everything(Source("engine/elsewhere.py", path.read_text("utf-8")))))
