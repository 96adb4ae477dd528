"""Documents, topics and code agree; each difference names what to change."""

import re
import subprocess
import sys
from pathlib import Path

from scripts.contracts import SETTINGS, settings_page
from scripts.ring import heard_by, said_by, services

import authoriser.agent
import capturer.agent
import tariff.case_files
import token_matcher.indexed_sessions
from tapwatt.facts.events import FACTS
from tapwatt.facts.topics import RETRY_TIERS, Topics, fact_type
from tapwatt_cli.ops.declared_topics import read_topics

ROOT = Path(__file__).parents[2]
NOBODY = "nobody yet"


def table() -> dict[str, tuple[str, str, str]]:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split("## Who says and hears what", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {fact: (key, says, hears) for fact, key, says, hears in (map(str.strip, row) for row in rows[1:])}


def test_every_fact_is_said_by_its_authors_alone_and_they_are_in_the_architecture() -> None:
    rows = table()
    assert list(rows) == [fact.name for fact in FACTS]
    for fact in FACTS:
        authors = said_by(fact)
        assert set(authors) <= set(fact.said_by), (
            f"{fact.name} is said by {authors}, and its authors are {fact.said_by}"
        )
        key, says, hears = rows[fact.name]
        assert key == fact.keyed_by
        assert says == (", ".join(authors) or NOBODY), f"ARCHITECTURE.md is wrong about who says {fact.name}"
        listed = [] if hears == NOBODY else sorted(hears.split(", "))
        expected = heard_by(fact) if authors else []
        assert listed == expected, f"ARCHITECTURE.md is wrong about who hears {fact.name}"


def test_what_each_service_remembers_is_in_the_architecture_as_it_is_rebuilt() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split("## What is kept in Redis", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    remembered = {
        "authoriser": authoriser.agent.REMEMBERS,
        "token-matcher": token_matcher.indexed_sessions.INDEXED,
        "tariff": tariff.case_files.REMEMBERS,
        "capturer": capturer.agent.REMEMBERS,
    }
    for service, _, told in rows:
        assert set(told.split(", ")) == {fact.name for fact in remembered.pop(service)}
    assert remembered == {}


def test_whatever_a_service_hears_somebody_says() -> None:
    for service in services():
        for fact in service.hears:
            assert said_by(fact), f"{service.name} hears {fact.name} and nobody says it"


def test_the_declared_topics_are_those_of_the_facts_and_services() -> None:
    declared = read_topics(ROOT / "deploy" / "topics.toml")
    topics = Topics()
    expected = {fact_type(fact) for fact in FACTS} | {topics.dead_letters}
    expected |= {topics.retry(service.name, tier) for service in services() for tier in RETRY_TIERS}
    expected |= {topics.quarantine(service.name) for service in services()}
    assert set(declared) == expected
    of_facts = {declared[fact_type(fact)].partitions for fact in FACTS}
    assert len(of_facts) == 1, "a key must have the same partition number in every fact's topic"


def test_what_comes_from_outside_has_the_brokers_time() -> None:
    declared = read_topics(ROOT / "deploy" / "topics.toml")
    compacted = "cleanup.policy"  # what is kept for ever has no age
    for fact in FACTS:
        topic = declared[fact_type(fact)]
        by_the_broker = topic.config.get("message.timestamp.type") == "LogAppendTime"
        assert by_the_broker == (fact.from_outside() and topic.config.get(compacted) != "compact"), fact.name


def test_what_is_published_is_made_from_the_code_as_it_is() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "scripts.contracts", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr


def test_every_settings_class_is_on_the_page_and_every_setting_says_what_it_means() -> None:
    classes = [
        name
        for folder in ("shared", "pricing", "receipts", "watch", "services", "simulator", "cli")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"^class (\w+)\(BaseSettings\)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(classes) == sorted(kind.__name__ for _, kind in SETTINGS)
    for row in re.findall(r"^\| `.*", settings_page(), re.MULTILINE):
        assert row.count("|") == 4, row
        assert not row.endswith("|  |"), f"no meaning: {row}"


def test_every_variable_of_the_example_is_a_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"TAPWATT_[A-Z_]+", example)) <= set(re.findall(r"`(TAPWATT_[A-Z_]+)`", settings_page()))


def test_every_link_in_a_document_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("simulator/*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for name in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert name in targets, f"{page.name} speaks of 'make {name}', which is not there"


def test_every_file_that_the_architecture_names_is_there() -> None:
    files = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8") + (ROOT / "CONTRIBUTING.md").read_text(
        encoding="utf-8"
    )
    named = {name for name in re.findall(r"`([\w./-]+\.py)`", text) if "*" not in name}
    assert len(named) > 20
    for name in named:
        assert any(file == name or file.endswith("/" + name) for file in files), f"{name} is named and is not there"


def test_every_scenario_of_stopping_is_shown_on_real_stores_and_every_test_named_is_there() -> None:
    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert named <= there
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")][1:]
    shown = {int(number) for row in rows if "`" in row[1] for number in re.findall(r"\d+", row[0].split(".")[0])}
    assert shown >= {1, 2, 3, 4, 5, 13, 14, 16, 21, 25, 26, 28, 29, 32}


def test_every_test_that_the_architecture_names_is_there() -> None:
    tests = {
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    assert len(named) > 10
    assert named <= tests
