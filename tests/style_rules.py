"""The rules of the house that ruff and the type checker do not know, as functions from a source file to complaints.

A rule sees one parsed file at a time and yields "line: what is wrong". `test_style.py` runs them all over the tree and
proves for each that it can fail.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import PurePosixPath

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 5
MAX_NESTING = 4

QT = {"PySide6", "PySide2", "PyQt5", "PyQt6", "shiboken6"}
NETWORK = {
    "aiohttp", "ftplib", "http", "httpx", "huggingface_hub", "requests", "smtplib", "socket", "socketserver", "ssl",
    "telnetlib", "truststore", "urllib.request", "urllib3", "websockets", "xmlrpc", "PySide6.QtNetwork",
    "PySide6.QtWebEngineCore",
}  # fmt: skip
FETCH = "engine/models/fetch.py"
CLOCK = "engine/clock.py"
CALENDAR = {"time.time", "datetime.now", "datetime.datetime.now", "date.today", "datetime.date.today"}

SHELLS = {
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell",
    "pty.spawn", "QProcess.startCommand", "QProcess.splitCommand",
}  # fmt: skip

PRINTERS = ("engine/cli.py", "engine/cli_", "engine/jobs/worker.py")

CATCH_ALL = {
    "app/bridge.py": "the GUI bridge",
    "app/application.py": "a process entry",
    "engine/jobs/pipeline.py": "carries an error from the thread that met it to the one that waits, which raises it",
}

LAYERS = ("jobs", "extractors", "search", "protocols", "models", "media", "index", "store")
"""Each may import those after it. Above them: engine.py, the command line and training. Below: the files in `BASE`."""
BASE = {"types", "errors", "settings", "paths", "packaged", "version", "clock"}
DRAWS = "engine/demo/"
DRAWS_WITH = {"PIL", "av", "numpy"}
"""Where scenes are drawn: alone, so that training needs no library for it and the window no torch."""

SQL = re.compile(
    r"\s*(?:SELECT\s.+\sFROM\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|PRAGMA\s+\w"
    r"|(?:CREATE|DROP|ALTER)\s+(?:VIRTUAL\s+|UNIQUE\s+)?(?:TABLE|INDEX|VIEW|TRIGGER)\s|ATTACH\s+DATABASE\s)",
    re.DOTALL,
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:[w]ork|[r]oot|[o]pt/(?:wheels|pypi)|[t]mp/dev)(?![\w-])")
PROMISES = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The whole tree, walked once for all rules."""
        return tuple(ast.walk(self.tree))

    @property
    def top(self) -> str:
        return PurePosixPath(self.path).parts[0]

    @property
    def is_product(self) -> bool:
        return self.top in ("app", "engine")

    def functions(self) -> Iterator[Function]:
        return (node for node in self.nodes if isinstance(node, Function))

    def imports(self) -> Iterator[tuple[int, str]]:
        """Every absolute module name an import could mean: `from a import b` gives both `a` and `a.b`."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.lineno, node.module
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


Rule = Callable[[Source], Iterator[str]]


def _is_any_of(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in names)


def engine_knows_no_window(source: Source) -> Iterator[str]:
    if source.top == "engine":
        for line, module in source.imports():
            if _is_any_of(module, QT | {"app"}):
                yield f"{line}: the engine imports {module}"


def only_fetch_uses_the_network(source: Source) -> Iterator[str]:
    if source.is_product and source.path != FETCH:
        for line, module in source.imports():
            if _is_any_of(module, NETWORK):
                yield f"{line}: {module} reaches the network"


def arrows_point_down(source: Source) -> Iterator[str]:
    parts = PurePosixPath(source.path).with_suffix("").parts
    if source.top != "engine" or parts[1] not in (*LAYERS, *BASE):
        return
    own = LAYERS.index(parts[1]) if parts[1] in LAYERS else len(LAYERS)
    for line, module in source.imports():
        names = module.split(".")
        if len(names) < 2 or names[0] != "engine" or names[1] in BASE:
            continue
        if names[1] not in LAYERS[own:]:
            yield f"{line}: engine.{parts[1]} imports {module}, which lies above it"


def drawing_stands_alone(source: Source) -> Iterator[str]:
    """Only the layers must not know it; command line, window and training may."""
    parts = PurePosixPath(source.path).with_suffix("").parts
    is_drawing = source.path.startswith(DRAWS)
    for line, module in source.imports():
        names = module.split(".")
        if names[:2] == ["engine", "demo"]:
            if source.top == "engine" and parts[1] in (*LAYERS, *BASE):
                yield f"{line}: {module} lies above all layers"
        elif is_drawing and names[0] == "engine":
            if len(names) > 1 and names[1] not in BASE:
                yield f"{line}: engine.demo imports {module}"
        elif is_drawing and names[0] not in sys.stdlib_module_names | DRAWS_WITH:
            yield f"{line}: engine.demo imports {module}"


def no_shell_reads_a_command(source: Source) -> Iterator[str]:
    """A command is a list of words, so that no name of a file can be more than one of them."""
    for node in source.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func)
        if name in SHELLS or name.removeprefix("self.") in SHELLS:
            yield f"{node.lineno}: {name} hands its command to a shell"
        if any(one.arg == "shell" and not _is_false(one.value) for one in node.keywords):
            yield f"{node.lineno}: {name} is told to use a shell"
        is_start = name == "Popen" or name.startswith("subprocess.")
        if is_start and node.args and _is_text(node.args[0]):
            yield f"{node.lineno}: {name} gets its command as one text"


def _dotted(node: ast.expr) -> str:
    """`subprocess.run` as it stands there; of what is no plain chain of names only the end, as `.run`."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def sql_lives_in_the_store(source: Source) -> Iterator[str]:
    if not source.is_product or source.path.startswith("engine/store/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield f"{node.lineno}: SQL outside engine/store"


def files_are_short(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > MAX_FILE_LINES:
        yield f"1: {lines} lines"


def functions_are_short(source: Source) -> Iterator[str]:
    for node in source.functions():
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{node.lineno}: {node.name} has {lines} lines"


def parameters_are_few(source: Source) -> Iterator[str]:
    """Fixtures come to a test as parameters, so tests are left out. What others call is marked for ruff."""
    lines = source.text.splitlines()
    for node in source.functions() if source.top != "tests" else ():
        named = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        count = len(named) - (named[:1] in (["self"], ["cls"]))
        if count > MAX_PARAMETERS and "noqa: PLR0913" not in lines[node.lineno - 1]:
            yield f"{node.lineno}: {node.name} has {count} parameters"


def _depth(node: ast.AST) -> int:
    """Blocks inside one another. An `elif` is no deeper than its `if`, and an inner function starts afresh."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*Function.__args__, ast.Lambda, ast.ClassDef)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, _depth(child) + (isinstance(child, BLOCKS) and not is_elif))
    return deepest


def nesting_is_shallow(source: Source) -> Iterator[str]:
    for node in source.functions():
        depth = _depth(node)
        if depth > MAX_NESTING:
            yield f"{node.lineno}: {node.name} nests {depth} deep"


def modules_say_what_they_are_for(source: Source) -> Iterator[str]:
    """A test file's name and place say it already; an empty file is only there to make a package."""
    speaks_for_itself = not source.text.strip() or PurePosixPath(source.path).name.startswith("test_")
    if not speaks_for_itself and not (ast.get_docstring(source.tree) or "").strip():
        yield "1: no module docstring"


def only_the_command_line_prints(source: Source) -> Iterator[str]:
    if not source.is_product or source.path.startswith(PRINTERS):
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{node.lineno}: print"


def _catches_all(handler: ast.ExceptHandler) -> bool:
    named = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        each is None or (isinstance(each, ast.Name) and each.id in ("Exception", "BaseException")) for each in named
    )


def only_the_clock_asks_the_calendar(source: Source) -> Iterator[str]:
    for node in source.nodes if source.top == "engine" and source.path != CLOCK else ():
        if isinstance(node, ast.Call) and _dotted(node.func) in CALENDAR:
            yield f"{node.lineno}: asks the calendar; engine.clock does"


def few_files_catch_everything(source: Source) -> Iterator[str]:
    """A handler that ends by raising swallows nothing, so it may clean up after anything."""
    if not source.is_product or source.path in CATCH_ALL:
        return
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not isinstance(node.body[-1], ast.Raise):
            yield f"{node.lineno}: catches every exception"


def tests_do_not_sleep(source: Source) -> Iterator[str]:
    """A bench may, to look at memory now and then."""
    is_test = source.top == "tests" and not source.path.startswith("tests/bench/")
    for node in source.nodes if is_test else ():
        if isinstance(node, ast.Call) and _dotted(node.func) in ("sleep", "time.sleep"):
            yield f"{node.lineno}: sleeps; wait for what is awaited"


def nothing_is_left_for_later(source: Source) -> Iterator[str]:
    for token in tokenize.generate_tokens(StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and PROMISES.search(token.string):
            yield f"{token.start[0]}: {token.string}"


def names_no_machine(source: Source) -> Iterator[str]:
    """Also run over documents and scripts, so it looks at the text alone."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if MACHINE_PATHS.search(line):
            yield f"{number}: a path of one machine"


RULES: tuple[Rule, ...] = (
    engine_knows_no_window,
    only_fetch_uses_the_network,
    no_shell_reads_a_command,
    arrows_point_down,
    drawing_stands_alone,
    sql_lives_in_the_store,
    files_are_short,
    functions_are_short,
    parameters_are_few,
    nesting_is_shallow,
    modules_say_what_they_are_for,
    only_the_command_line_prints,
    only_the_clock_asks_the_calendar,
    few_files_catch_everything,
    tests_do_not_sleep,
    nothing_is_left_for_later,
    names_no_machine,
)
