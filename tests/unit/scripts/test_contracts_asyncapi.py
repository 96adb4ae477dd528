"""The published contract is AsyncAPI 3 as far as it can be told without a network, and golden events keep to it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from scripts import contracts
from scripts.ring import FLEET_SAYS, heard_by, said_by

from tapwatt.facts.codec import decode
from tapwatt.facts.events import FACTS, Captured
from tapwatt.facts.topics import fact_type

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))
GOLDEN = sorted((ROOT / "tests" / "golden" / "v1").glob("*.json"))

REF = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string"}},
    "additionalProperties": False,
}
STRUCTURE = {
    "type": "object",
    "required": ["asyncapi", "info", "servers", "channels", "operations", "components"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {
            "additionalProperties": {
                "type": "object",
                "required": ["host", "protocol"],
                "additionalProperties": False,
                "properties": {
                    "host": {"type": "string"},
                    "protocol": {"const": "kafka"},
                    "description": {"type": "string", "minLength": 1},
                    "variables": {"additionalProperties": {"required": ["default", "description"]}},
                },
            }
        },
        "defaultContentType": {"const": "application/json"},
        "channels": {
            "additionalProperties": {
                "type": "object",
                "required": ["address", "messages"],
                "additionalProperties": False,
                "properties": {
                    "address": {"type": "string"},
                    "description": {"type": "string", "minLength": 1},
                    "messages": {"type": "object", "minProperties": 1, "additionalProperties": REF},
                    "bindings": {"type": "object", "required": ["kafka"]},
                },
            }
        },
        "operations": {
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel"],
                "additionalProperties": False,
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REF,
                    "messages": {"type": "array", "minItems": 1, "items": REF},
                    "tags": {"type": "array", "items": {"type": "object", "required": ["name"]}},
                },
            }
        },
        "components": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "messages": {
                    "propertyNames": {"pattern": r"^[A-Za-z0-9._-]+$"},
                    "additionalProperties": {
                        "type": "object",
                        "required": ["name", "contentType", "headers", "payload", "examples", "bindings"],
                        "properties": {
                            "headers": {"type": "object", "required": ["type", "properties", "required"]},
                            "examples": {
                                "minItems": 1,
                                "items": {
                                    "required": ["headers", "payload"],
                                    "properties": {"name": {}, "summary": {}, "headers": {}, "payload": {}},
                                    "additionalProperties": False,
                                },
                            },
                        },
                    },
                },
                "schemas": {"propertyNames": {"pattern": r"^[A-Za-z0-9._-]+$"}},
            },
        },
    },
}
"""What AsyncAPI 3.0.0 asks of the parts that we use."""


def part(reference: str) -> Any:
    """What a local reference leads to; KeyError if it leads nowhere."""
    assert reference.startswith("#/")
    found: Any = DOCUMENT
    for step in reference[2:].split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for inner in node.values() for reference in references(inner)]
    return [reference for inner in node for reference in references(inner)] if isinstance(node, list) else []


def broken(name: str, room: str, instance: Any) -> list[str]:
    """What the contract says against a message's headers or payload."""
    schema = DOCUMENT["components"]["messages"][name][room]
    held = {"allOf": [schema], "components": DOCUMENT["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(held).iter_errors(instance)]


def golden(path: Path) -> tuple[str, dict[str, Any]]:
    event = json.loads(path.read_text(encoding="utf-8"))
    return next(fact.name for fact in FACTS if fact_type(fact) == event["headers"]["ce_type"]), event


def test_it_has_the_structure_of_asyncapi_3() -> None:
    assert [f"{error.json_path}: {error.message}" for error in Draft7Validator(STRUCTURE).iter_errors(DOCUMENT)] == []


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert len(found) > 100
    for reference in found:
        assert part(reference)


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
    for message in DOCUMENT["components"]["messages"].values():
        Draft7Validator.check_schema(message["headers"])


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_has_its_channel_its_key_and_those_who_say_and_hear_it(fact: Any) -> None:
    topic = fact_type(fact)
    assert DOCUMENT["channels"][topic]["address"] == topic
    message = DOCUMENT["components"]["messages"][fact.name]
    assert fact.keyed_by in message["bindings"]["kafka"]["key"]["description"]
    assert message["headers"]["properties"]["ce_type"] == {"const": topic}
    parties: dict[str, list[str]] = {"send": [], "receive": []}
    for operation in DOCUMENT["operations"].values():
        if operation["channel"]["$ref"] == f"#/channels/{topic}":
            # AsyncAPI 3: an operation's messages are those of its channel, not of the components
            assert operation["messages"] == [{"$ref": f"#/channels/{topic}/messages/{fact.name}"}]
            parties[operation["action"]].append(operation["tags"][0]["name"])
    assert parties["send"] == said_by(fact)
    assert sorted(parties["receive"]) == heard_by(fact)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_each_example_is_an_event_by_the_contract_and_by_the_service(fact: Any) -> None:
    # given the published examples of a fact
    for example in DOCUMENT["components"]["messages"][fact.name]["examples"]:
        # then the schemas allow it, and it is read as that fact under the key that the contract names
        assert broken(fact.name, "headers", example["headers"]) == []
        assert broken(fact.name, "payload", example["payload"]) == []
        read = fact.model_validate_json(json.dumps(example["payload"]))
        said = [(name, text.encode()) for name, text in example["headers"].items()]
        assert decode(read.key.encode(), json.dumps(example["payload"]).encode(), said).fact == read


def test_a_fact_without_an_example_is_named_with_the_file_to_add(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(contracts, "ROOT", tmp_path)
    with pytest.raises(
        SystemExit, match=r"Captured has no example: add an event of it, tests/golden/v1/captured\.json"
    ):
        contracts.example(Captured)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_what_no_schema_can_say_of_a_fact_is_said_in_its_description(fact: Any) -> None:
    said = DOCUMENT["components"]["schemas"][fact.__name__]["description"]
    for rule in contracts.held_to(fact):
        assert rule.func.__doc__, f"{fact.name}.{rule.func.__name__} has no sentence that says its rule"
        assert rule.func.__doc__ in said


def test_the_delivery_rules_name_what_an_integrator_asks_for() -> None:
    rules = DOCUMENT["info"]["description"]
    for asked in ("key", "order", "at least once", "ce_id", "gzip, snappy, lz4 and zstd", "read committed", "second"):
        assert asked in rules.lower()
    for fact in FLEET_SAYS:
        assert fact.name in rules or fact.name == "TariffPublished", f"what follows a {fact.name} is not said"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_event_keeps_to_the_contract(path: Path) -> None:
    name, event = golden(path)
    assert broken(name, "headers", event["headers"]) == []
    assert broken(name, "payload", event["value"]) == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_event_without_a_required_part_breaks_the_contract(path: Path) -> None:
    name, event = golden(path)
    schema = part(DOCUMENT["components"]["messages"][name]["payload"]["$ref"])
    for field in schema["required"]:
        assert broken(name, "payload", {k: v for k, v in event["value"].items() if k != field})
    for header in ("ce_id", "ce_type", "ce_source", "ce_time", "ce_specversion"):
        assert broken(name, "headers", {k: v for k, v in event["headers"].items() if k != header})


def test_a_secret_default_is_not_shown() -> None:
    class Keys(BaseSettings):
        """Keys of a test."""

        model_config = SettingsConfigDict(env_prefix="KEYS_")
        key: SecretStr = SecretStr("canary")

    assert contracts._row(Keys, "key") == "| `KEYS_KEY` | hidden |  |"


def test_the_check_says_in_one_sentence_what_is_not_as_the_code_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given documents that were written, of which one was changed by hand
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.setattr(contracts, "ROOT", tmp_path)
    assert contracts.main([]) == 0
    assert contracts.main(["--check"]) == 0
    with (tmp_path / "docs" / "asyncapi.yaml").open("a", encoding="utf-8") as document:
        document.write("x-changed: true\n")
    # when they are checked, then it says which one and what to do
    assert contracts.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert said == "docs/asyncapi.yaml is not what the code says: run 'make contracts' and commit it\n"
