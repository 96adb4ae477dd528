"""Writes what others build on from the code: the contract, the settings, the metrics and the diagram of the rooms.

python -m scripts.contracts            # write them
python -m scripts.contracts --check    # exit 1 if they are not what the code says
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretBytes, SecretStr
from pydantic.json_schema import models_json_schema
from pydantic_settings import BaseSettings
from scripts.delivery_rules import delivery_rules
from scripts.ring import EVERY_SERVICE_SAYS, FLEET_HEARS, FLEET_SAYS, OPERATOR_HEARS, OPERATOR_SAYS, services
from scripts.rooms import page as rooms_page

from authoriser.settings import AuthoriserSettings
from capturer.settings import CapturerSettings
from tapwatt.crash_windows import WINDOWS
from tapwatt.exact import INSTANT
from tapwatt.facts.content_modes import CLOUDEVENTS
from tapwatt.facts.envelopes import LONGEST_TEXT
from tapwatt.facts.events import FACTS
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import fact_type, kebab
from tapwatt.metrics.metric import Metric
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.of_the_system import OF_THE_SYSTEM
from tapwatt.provider.settings import ProviderSettings
from tapwatt.state.redis_client import RedisSettings
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt_watch.exporter.settings import ExporterSettings
from tariff.settings import TariffSettings
from token_matcher.settings import TokenMatcherSettings

ROOT = Path(__file__).parents[1]

SETTINGS: tuple[tuple[str, type[BaseSettings]], ...] = (
    ("Kafka", KafkaSettings),
    ("Redis", RedisSettings),
    ("The worker of each service", WorkerSettings),
    ("The payment provider", ProviderSettings),
    ("The authoriser", AuthoriserSettings),
    ("The token matcher", TokenMatcherSettings),
    ("The tariff service", TariffSettings),
    ("The capturer", CapturerSettings),
    ("The exporter", ExporterSettings),
)
_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_ANY_CASE = "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in CLOUDEVENTS)
_REF = "#/components/schemas/{model}"


def asyncapi() -> str:
    """The contract of the ring as AsyncAPI 3: a channel a fact, its envelope and payload, who sends and receives it."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tapwatt",
            "version": "1.0.0",
            "description": delivery_rules(),
            "license": {"name": "Apache-2.0"},
        },
        "servers": {"ring": _server()},
        "defaultContentType": "application/json",
        "channels": {fact_type(fact): _channel(fact) for fact in FACTS},
        "operations": dict(_operations()),
        "components": {
            "messages": {fact.name: _message(fact) for fact in FACTS},
            "schemas": schemas(),
        },
    }
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as it is read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def schemas() -> dict[str, Any]:
    """What is read of each fact and of its parts, as JSON schemas by the model's name."""
    _, found = models_json_schema([(fact, "validation") for fact in FACTS], ref_template=_REF)
    return {name: {**schema, **_in_words(name, schema)} for name, schema in found["$defs"].items()}


def _in_words(name: str, schema: dict[str, Any]) -> dict[str, str]:
    """What a fact's schema cannot say, after what it is: the rules that it is held to as a whole."""
    rules = [rule.func.__doc__ for fact in FACTS if fact.__name__ == name for rule in held_to(fact)]
    return {"description": " ".join([schema["description"], *map(str, rules)])} if rules else {}


def held_to(fact: type[Fact]) -> list[Any]:
    """The validators that look at the whole of a fact once its fields are read; each says its rule in its docstring."""
    return [one for one in fact.__pydantic_decorators__.model_validators.values() if one.info.mode == "after"]


def example(fact: type[Fact]) -> dict[str, Any]:
    """An event of this fact: its first golden one. SystemExit says which file is missing."""
    path = ROOT / "tests" / "golden" / "v1" / f"{kebab(fact.name)}.json"
    if not path.exists():
        raise SystemExit(f"{fact.name} has no example: add an event of it, {path.relative_to(ROOT)}")
    golden = json.loads(path.read_text(encoding="utf-8"))
    return {"name": kebab(fact.name), "headers": golden["headers"], "payload": golden["value"]}


def _server() -> dict[str, Any]:
    default = KafkaSettings.model_fields["bootstrap"].default
    means = "Kafka's host:port, as 'tapwatt up' prints it or as it is set in TAPWATT_KAFKA_BOOTSTRAP"
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "A ring's Kafka. Where several rings share one, topics have a prefix (TAPWATT_TOPIC_PREFIX).",
        "variables": {"bootstrap": {"default": default, "description": means}},
    }


def _channel(fact: type[Fact]) -> dict[str, Any]:
    return {
        "address": fact_type(fact),
        "description": _first_line(fact),
        "messages": {fact.name: {"$ref": f"#/components/messages/{fact.name}"}},
        "bindings": {"kafka": {"topic": fact_type(fact), "bindingVersion": "0.5.0"}},
    }


def _message(fact: type[Fact]) -> dict[str, Any]:
    headers = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**_TEXT, "description": "the same cause gives the same id: twice the same id is the same fact"},
        "ce_type": {"const": fact_type(fact)},
        "ce_source": _TEXT,
        "ce_time": INSTANT.json_schema(),
        "content-type": {
            "type": "string",
            "not": {"pattern": f"^{_ANY_CASE}"},
            "description": "application/json; CloudEvents' own types are for its other modes",
            "examples": ["application/json"],
        },
        "traceparent": {"type": "string", "description": "W3C trace context"},
    }
    required = [name for name in headers if name.startswith("ce_")]
    return {
        "name": fact.name,
        "summary": _first_line(fact),
        "contentType": "application/json",
        "headers": {"type": "object", "properties": headers, "required": required},
        "payload": {"$ref": _REF.format(model=fact.__name__)},
        "examples": [example(fact)],
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"the {fact.keyed_by} in the payload"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations() -> list[tuple[str, dict[str, Any]]]:
    parties: list[tuple[str, tuple[type[Fact], ...], tuple[type[Fact], ...]]] = [("fleet", FLEET_SAYS, FLEET_HEARS)]
    parties += [(one.name, one.says + EVERY_SERVICE_SAYS, tuple(one.hears)) for one in services()]
    parties += [("operator", OPERATOR_SAYS, OPERATOR_HEARS)]
    found = []
    for who, says, hears in parties:
        for action, facts in (("send", says), ("receive", hears)):
            for fact in facts:
                channel = {"$ref": f"#/channels/{fact_type(fact)}"}
                message = {"$ref": f"#/channels/{fact_type(fact)}/messages/{fact.name}"}
                operation = {"action": action, "channel": channel, "messages": [message], "tags": [{"name": who}]}
                found.append((f"{who}.{action}.{fact.name}", operation))
    return found


def _first_line(model: type) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def settings_page() -> str:
    """Every setting by its environment variable, with its default and meaning."""
    parts = [
        "# Settings",
        "",
        "Each is an environment variable, or a line in a `.env` file where the service is started. Made by "
        "`make contracts`.",
    ]
    for title, kind in SETTINGS:
        parts += ["", f"## {title}", "", _first_line(kind), "", "| variable | default | meaning |", "|---|---|---|"]
        parts += [_row(kind, name) for name in kind.model_fields]
    return "\n".join(parts) + "\n"


def _row(kind: type[BaseSettings], name: str) -> str:
    field = kind.model_fields[name]
    alias = field.validation_alias
    variable = alias if isinstance(alias, str) else str(kind.model_config.get("env_prefix", "")) + name.upper()
    default = "must be set" if field.is_required() else _default(field.get_default(call_default_factory=True))
    return f"| `{variable}` | {default} | {(field.description or '').replace('|', '/')} |"


def _default(value: object) -> str:
    if isinstance(value, SecretStr | SecretBytes):
        return "hidden"
    if value is None or value in ("", {}, ()):
        return "not set"
    if isinstance(value, frozenset):
        value = ", ".join(sorted(map(str, value)))
    if isinstance(value, dict):
        value = ", ".join(f"{key} {amount}" for key, amount in value.items())
    return f"`{value}`"


def metrics_page() -> str:
    """Every metric with its unit, its meaning, and what to do."""
    return "\n".join(
        [
            "# Metrics",
            "",
            "Made by `make contracts` from `shared/src/tapwatt/metrics/`. Units are base units;",
            "money is in minor units of its currency. Every label has few values, and none names a card or a driver.",
            "Where OpenMetrics is asked for, histograms have exemplars: the trace id by which a session's facts, log",
            "lines and spans are found.",
            "",
            "## What each worker tells of itself",
            "",
            "Under `/metrics`, beside Python's own and the process's.",
            "",
            *_table_of_metrics(OF_A_WORKER),
            "",
            "## What the exporter tells of the whole system",
            "",
            "Read off the log and asked of the broker, from outside the workers. What it does not know it leaves out.",
            "Ages are by the log's time against the exporter's clock. Sessions are read as far back as",
            "TAPWATT_EXPORTER_DAYS; operators and sites beyond a bound (settings) are told together as `other`.",
            "",
            *_table_of_metrics(OF_THE_SYSTEM),
            "",
        ]
    )


def _table_of_metrics(metrics: Iterable[Metric]) -> list[str]:
    rows = ["| metric | unit | means | what to do |", "|---|---|---|---|"]
    for metric in metrics:
        labels = f" ({', '.join(metric.labels)})" if metric.labels else ""
        unit = ", ".join(word for word in (metric.unit, metric.kind) if word)
        rows.append(f"| `{metric.name}`{labels} | {unit} | {metric.meaning} | {metric.cure} |")
    return rows


def crash_windows_page() -> str:
    """Every window in which a process can be made to die."""
    return "\n".join(
        [
            "# Crash windows",
            "",
            "Where a service can be made to die on purpose: `TAPWATT_CRASH_AT=capturer:after-capture:1` ends the",
            "capturer by SIGKILL the first time that the provider has answered a capture. For trials only; without it",
            "nothing happens there. Made by `make contracts` from `shared/src/tapwatt/crash_windows.py`.",
            "",
            "| window | where it stands |",
            "|---|---|",
            *(f"| `{name}` | {where} |" for name, where in WINDOWS.items()),
            "",
        ]
    )


FILES = {
    "docs/asyncapi.yaml": asyncapi,
    "docs/settings.md": settings_page,
    "docs/metrics.md": metrics_page,
    "docs/rooms.md": rooms_page,
    "docs/crash-windows.md": crash_windows_page,
}


def main(arguments: list[str]) -> int:
    """Write, or check."""
    wrong = []
    for name, make in FILES.items():
        path, wanted = ROOT / name, make()
        if "--check" not in arguments:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            wrong.append(name)
    for name in wrong:
        print(f"{name} is not what the code says: run 'make contracts' and commit it", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
