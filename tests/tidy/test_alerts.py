"""Every alert says what it has to, is tried firing and silent by promtool, and speaks of metrics that there are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.tidy.promql import RULES, catalogue, mistakes, rules, selected

ROOT = Path(__file__).parents[2]
DEPLOYED = RULES.parent
TESTS = sorted((DEPLOYED / "tests").glob("*.yaml"))
ALERTS = [rule for rule in rules() if "alert" in rule]
SEVERITIES = {"page", "ticket", "inform"}


def named(rule: dict[str, Any]) -> str:
    return f"{rule['alert']} ({rule['labels']['severity']})"


def cases() -> dict[str, list[dict[str, Any]]]:
    """The expectations of each alert, by its name and severity."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in TESTS:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for expected in test["promql_expr_test"]:
                asked = re.fullmatch(
                    r'ALERTS\{alertname="(\w+)", severity="(\w+)", alertstate="firing"\}', expected["expr"]
                )
                assert asked, f"{path.name}: {expected['expr']}"
                found.setdefault(f"{asked[1]} ({asked[2]})", []).append(expected)
    return found


CASES = cases()


def tool(name: str, *arguments: str | Path) -> None:
    """Run one of Prometheus' tools. Where it is not there it is said aloud, and under CI that is a failure."""
    there = shutil.which(name) or shutil.which(f"prometheus-{name}")
    if there is None:
        sentence = f"{name} is not here and NOTHING of this was checked: bash scripts/prometheus.sh gets it"
        assert os.environ.get("TAPWATT_EXPECT_STORES") != "container", sentence
        warnings.warn(sentence, stacklevel=2)
        return
    done = subprocess.run([there, *arguments], cwd=DEPLOYED, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_something_to_look_at() -> None:
    assert len(ALERTS) > 40
    assert len({rule["alert"] for rule in ALERTS}) > 35
    assert sum(len(found) for found in CASES.values()) >= 2 * len(ALERTS)


def test_promtool_takes_the_rules_and_the_example_of_prometheus() -> None:
    tool("promtool", "check", "rules", *sorted(RULES.glob("*.yaml")))
    tool("promtool", "check", "config", DEPLOYED / "prometheus.yml")


def test_amtool_takes_the_example_of_alertmanager() -> None:
    tool("amtool", "check-config", DEPLOYED / "alertmanager.yml")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_are_silent_when_they_should(path: Path) -> None:
    tool("promtool", "test", "rules", path)


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_is_tried_firing_and_silent(rule: dict[str, Any]) -> None:
    tried = {bool(case["exp_samples"]) for case in CASES.get(named(rule), [])}
    assert tried == {True, False}, f"{named(rule)} is not tried {'silent' if True in tried else 'firing'}"


def test_no_alert_is_tried_that_is_not_there() -> None:
    assert set(CASES) <= {named(rule) for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_says_how_bad_it_is_in_one_sentence_with_its_figure_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in SEVERITIES
    assert set(rule["labels"]) == {"severity", "area"}
    told = rule["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    plain = re.sub(r"\{\{.*?\}\}", "1", told["summary"])
    assert plain.endswith(".")
    assert not re.search(r"[.!?] [A-Z]", plain), "one sentence, and no more"
    assert "$value" in told["summary"]
    assert told["description"].endswith(".")
    assert told["runbook_url"] == f"docs/runbooks/{rule['alert']}.md"


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_names_nothing_that_it_does_not_know_when_it_fires(rule: dict[str, Any]) -> None:
    # given the labels with which it is seen to fire
    [*firing] = [sample["labels"] for case in CASES[named(rule)] for sample in case["exp_samples"]]
    spoken = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    for labels in firing:
        known = set(re.findall(r"(\w+)=", labels))
        # then its sentences have no hole; where they say one label or another, one of them is there
        either = set(re.findall(r"or \$labels\.(\w+) \$labels\.(\w+)", rule["annotations"]["summary"]))
        spared = {name for pair in either if set(pair) & known for name in pair}
        assert spoken - spared <= known, f"{named(rule)} fires with {labels}"


def test_a_page_is_out_within_two_minutes() -> None:
    # given a scrape of 10 s, an evaluation of 10 s and a group_wait of 10 s beside `for`
    longer = {"TapwattExporterDown", "TapwattCertificateExpires", "TapwattKeyExpires"}  # no driver waits for these
    for rule in ALERTS:
        if rule["labels"]["severity"] == "page" and rule["alert"] not in longer:
            assert rule.get("for", "0s") in {"0s", "10s", "20s", "30s", "45s", "1m"}, named(rule)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_speaks_of_metrics_and_labels_that_there_are(rule: dict[str, Any]) -> None:
    assert list(selected(rule["expr"])) or rule["expr"].startswith("vector(")
    assert mistakes(rule["expr"], catalogue()) == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_a_test_gives_metrics_and_labels_that_there_are(path: Path) -> None:
    known = catalogue()
    for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
        for series in test["input_series"]:
            assert mistakes(series["series"], known) == [], test["name"]


def test_what_holds_an_alert_back_is_an_alert_that_pages_and_what_is_held_back_is_one() -> None:
    pages = {rule["alert"] for rule in ALERTS if rule["labels"]["severity"] == "page"}
    every = {rule["alert"] for rule in ALERTS}
    for inhibits in yaml.safe_load((DEPLOYED / "alertmanager.yml").read_text(encoding="utf-8"))["inhibit_rules"]:
        for matchers, known in ((inhibits["source_matchers"], pages), (inhibits["target_matchers"], every)):
            names = matched(matchers)
            assert names <= known, f"alertmanager.yml names {sorted(names - known)}"


def test_a_cause_whose_echo_pages_nobody_is_an_alert_that_pages() -> None:
    pages = [rule["alert"] for rule in ALERTS if rule["labels"]["severity"] == "page"]
    for rule in rules():
        if rule.get("record", "").startswith("tapwatt:cause_paged"):
            [words] = re.findall(r"Tapwatt\(([^)]*)\)", rule["expr"])
            for word in words.split("|"):
                assert [name for name in pages if re.fullmatch(f"Tapwatt{word}", name)], word


def matched(matchers: list[str]) -> set[str]:
    """The alerts that a matcher names."""
    names: set[str] = set()
    for matcher in matchers:
        if matcher.startswith("alertname"):
            [text] = re.findall(r'"([^"]*)"', matcher)
            many = re.fullmatch(r"Tapwatt\(([^)]*)\)", text)
            names |= {f"Tapwatt{word}" for word in many[1].split("|")} if many else {text}
    return names
