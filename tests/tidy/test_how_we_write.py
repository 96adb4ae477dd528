"""What a reviewer would say twice."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("shared", "services", "simulator", "cli", "deploy", "scripts")
LONGEST = 410
"""Lines. events.py is the story of the whole system in one file; everything else is far below."""

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
CORES = [path for path in SOURCES if path.name in ("decide.py", "price.py", "moments.py", "stretches.py", "totals.py")]
MONEY = [*CORES, *(path for path in SOURCES if path.name in ("money.py", "tariffs.py", "events.py", "cdrs.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100
    assert len(TESTS) > 50
    assert len(CORES) == 8
    assert len(MONEY) == 12


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_a_module_says_first_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.strip() == "" and path.name == "__init__.py":
        return
    assert ast.get_docstring(ast.parse(text)), "a module begins with a sentence that says what it is for"
    assert path.stem not in ("utils", "helpers", "common", "manager", "base"), "a name that says nothing"
    if path in SOURCES:
        assert len(text.splitlines()) <= LONGEST, "would it still be one thing to a newcomer?"


@pytest.mark.parametrize("path", CORES, ids=name_of)
def test_a_core_is_told_time_and_chance(path: Path) -> None:
    called = {node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)}
    names = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in called}
    assert not names & {"now", "utcnow", "today", "time", "monotonic", "uuid4", "uuid1", "random", "sleep"} - {"time"}
    # `time` is also the time of day of a datetime, which is no clock
    assert not re.search(r"^import time|^from time import", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", MONEY, ids=name_of)
def test_no_float_comes_near_money(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"line {node.lineno}"


def test_only_the_worker_imports_faust() -> None:
    importing = [path for path in SOURCES if re.search(r"^\s*(import|from) faust\b", path.read_text(), re.MULTILINE)]
    assert [name_of(path) for path in importing] == ["shared/src/tapwatt/worker/faust_transport.py"]


UNFINISHED = re.compile(
    "|".join(["TO" + "DO", "FIX" + "ME", "Not" + "ImplementedError", "pytest." + "skip", "x" + "fail"])
)


def test_nothing_unfinished_or_skipped_is_left_in_the_tree() -> None:
    for path in [*SOURCES, *TESTS]:
        found = UNFINISHED.search(path.read_text(encoding="utf-8"))
        assert not found, f"{name_of(path)}: {found and found.group()}"


ELSEWHERE = re.compile(
    "|".join([r"/wor" + "k/", r"/roo" + "t/", "pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs"])
)


def test_no_path_of_one_machine_and_no_registry_is_named() -> None:
    for path in TRACKED:
        if path.suffix in (".png", ".jar") or path.name == "LICENSE":
            continue
        found = ELSEWHERE.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{name_of(path)} names {found and found.group()}"


def test_the_scenarios_that_tests_name_exist() -> None:
    for path in TESTS:
        for number in re.findall(r"def test_(?:.*_)?s(\d\d)_", path.read_text(encoding="utf-8")):
            assert 1 <= int(number) <= 33, f"{name_of(path)}: scenario {number}"


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in TESTS if path.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))
