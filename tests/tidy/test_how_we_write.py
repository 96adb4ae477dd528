"""What a reviewer would say twice."""

import ast
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("shared", "pricing", "receipts", "watch", "services", "simulator", "cli", "scripts", "lab")
LONGEST = 350
"""Lines."""
LONGEST_STORY = 520
"""Lines of events.py, the story of the whole system in one file: it may become shorter, not longer."""
SAYS_NOTHING = {"utils", "helpers", "common", "manager", "base"}

TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
SOURCES = [path for path in TRACKED if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in OURS]
TESTS = [path for path in TRACKED if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "tests"]
SERVICES = [path for path in SOURCES if path.relative_to(ROOT).parts[0] == "services"]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
[PURE] = [set(one["source_modules"]) for one in CONTRACTS if one["name"].startswith("A core knows no")]
CORES = [
    path
    for path in SOURCES
    for name in (".".join(path.parts[-2:])[:-3], ".".join(path.parts[-3:-1]))
    if any(fnmatch(name, pure) for pure in PURE)
]
"""What the import contract calls a core: its modules, and whatever is in a package that it names."""
MONEY = [
    *(path for path in SERVICES if path.name != "settings.py"),
    *(path for path in SOURCES if {"pricing", "receipts"} & {path.relative_to(ROOT).parts[0]}),
    *(ROOT / "shared/src/tapwatt" / name for name in ("money.py", "tariffs.py", "facts/bill.py", "facts/events.py")),
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100
    assert len(TESTS) > 50
    assert len(CORES) >= len(PURE)
    assert len(MONEY) > 20


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_a_module_says_first_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.strip() == "" and path.name == "__init__.py":
        return
    assert ast.get_docstring(ast.parse(text)), "a module begins with a sentence that says what it is for"
    assert not {path.stem, *path.relative_to(ROOT).parts} & SAYS_NOTHING, "a name that says nothing"
    if path in SOURCES:
        longest = LONGEST_STORY if name_of(path) == "shared/src/tapwatt/facts/events.py" else LONGEST
        assert len(text.splitlines()) <= longest, "would it still be one thing to a newcomer?"


@pytest.mark.parametrize("path", CORES, ids=name_of)
def test_a_core_is_told_time_and_chance(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in called}
    assert not names & {"now", "utcnow", "today", "monotonic", "time_ns", "uuid4", "uuid1", "random", "sleep"}
    # `.time()` is also the time of day of a datetime, which is no clock; so it is the module that is looked for
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"time", "random", "secrets", "uuid"}


@pytest.mark.parametrize("path", MONEY, ids=name_of)
def test_no_float_comes_near_money(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # seconds may be a float, where the name says that they are seconds
    seconds = [n.returns for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.endswith("_s")]
    seconds += [n.annotation for n in ast.walk(tree) if isinstance(n, ast.arg) and n.arg.endswith("_s")]
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float" and node not in seconds), f"line {node.lineno}"


def test_only_the_worker_imports_faust() -> None:
    importing = [path for path in SOURCES if re.search(r"^\s*(import|from) faust\b", path.read_text(), re.MULTILINE)]
    assert [name_of(path) for path in importing] == ["shared/src/tapwatt/worker/kafka/faust_app.py"]


UNFINISHED = re.compile(
    "|".join(
        [
            "TO" + "DO",
            "FIX" + "ME",
            "Not" + "ImplementedError",
            "pytest." + "skip",
            r"mark\." + "skip",
            "x" + "fail",
            "importor" + "skip",
            "unittest." + "skip",
        ]
    )
)
THEIRS = ("LICENSE", "requirements.lock")


def test_nothing_unfinished_or_skipped_is_left_in_the_tree() -> None:
    for path in TRACKED:
        if path.name in THEIRS:
            continue
        found = UNFINISHED.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{name_of(path)}: {found and found.group()}"


ELSEWHERE = re.compile(
    "|".join(
        [
            r"/wor" + "k/",
            r"/roo" + "t/",
            r"/tm" + "p/",
            "pypi" + r"\.org",
            "python" + "hosted",
            "registry" + r"\.npmjs",
            "registry" + r"-1\.docker",
            "maven" + r"\.org/maven2",
        ]
    )
)
NAMED_ON_PURPOSE = {
    # where Kafka's jars are fetched from, by a locked list of checksums
    "cli/src/tapwatt_cli/dev/local/jars.py": "maven" + ".org/maven2",
    # inside a container, as in the official image
    "tests/stores/images/kafka/config/server.properties": "/tm" + "p/",
}


def test_no_path_of_one_machine_and_no_registry_is_named() -> None:
    for path in TRACKED:
        if path.suffix in (".png", ".jar") or path.name == "LICENSE":
            continue
        found = set(ELSEWHERE.findall(path.read_text(encoding="utf-8", errors="replace")))
        assert found <= {NAMED_ON_PURPOSE.get(name_of(path), "")}, f"{name_of(path)} names {found}"


def test_the_scenarios_that_tests_name_exist() -> None:
    named = 0
    for path in TESTS:
        for test in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")):
            for number in re.findall(r"(?<=_)s(\d\d)(?=_)", test):
                named += 1
                assert 1 <= int(number) <= 54, f"{name_of(path)}: scenario {number}"
    assert named > 50


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in TESTS if path.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))


PACKAGE_OF_ROOM = {"shared": "tapwatt", "cli": "tapwatt_cli", "watch": "tapwatt_watch"}


def test_unit_tests_stand_in_the_rooms_of_what_they_test() -> None:
    packages = {path.parent for path in SOURCES if path.name == "__init__.py"}
    rooms = {".".join(folder.relative_to(ROOT).parts[folder.relative_to(ROOT).parts.index("src") + 1 :])
             for folder in packages if "src" in folder.parts}  # fmt: skip
    beside = {"lab", "scripts"}
    for path in TESTS:
        parts = path.relative_to(ROOT).parts
        if parts[:2] != ("tests", "unit") or parts[2] in beside:
            continue
        assert len(parts) > 3, f"{name_of(path)}: no room"
        first, rest = PACKAGE_OF_ROOM.get(parts[2], parts[2]), parts[3:-1]
        found = ".".join((first, *rest))
        assert {found, f"tapwatt.{found}"} & rooms, f"{name_of(path)}: there is no room {found}"


def test_the_glossary_has_thirty_words_at_most_each_in_one_sentence() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)[1:]
    words = [word for word, _ in rows if word != "---"]
    assert 20 < len(words) <= 30
    assert len(words) == len(set(words))
    for word, meaning in rows:
        assert word == "---" or (meaning.endswith(".") and ". " not in meaning), f"{word} is not one sentence"


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.relative_to(ROOT).parts[0] in ("shared", "services", "watch")], ids=name_of
)
def test_no_task_is_without_a_parent(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call, ast.Attribute) and call.attr in ("create_task", "ensure_future"):
            parent = ast.unparse(call.value)
            assert parent in ("self._group", "group", "both"), f"line {call.lineno}: start it in a TaskGroup"


def test_whatever_a_view_keeps_is_in_its_register() -> None:
    # given the scripts of services and of what they share, without the register's own
    scripts = [path for path in ROOT.glob("s*/**/src/**/lua/*.lua") if not path.name.startswith("view")]
    assert len(scripts) > 5
    # then none lets a key end in another way than the register hears of (docs/adr/0013)
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"EXPIRE|PERSIST|SETEX|'P?X'|'EXAT'|RENAME", text), path
        assert re.search(r"\blost(_if_none)?\(", text), f"{path} says what is there without asking whether it was lost"
