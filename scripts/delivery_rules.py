"""What an integrator has to know of the contract beside its schemas: keys, order, waits, second events, compression."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings

from authoriser.settings import AuthoriserSettings
from tapwatt.facts.codec import LARGEST_EVENT
from tapwatt.facts.content_modes import STRUCTURED
from token_matcher.settings import TokenMatcherSettings


def delivery_rules() -> str:
    """The rules of delivery-rules.md; times are the settings' defaults, whatever is set on this machine."""
    rules = Path(__file__).with_name("delivery-rules.md").read_text(encoding="utf-8")
    return rules.format(
        structured=STRUCTURED,
        largest_event=LARGEST_EVENT,
        card_s=_default(AuthoriserSettings, "presentation_s"),
        stop_s=_default(TokenMatcherSettings, "presentation_s"),
        patience_s=_default(AuthoriserSettings, "patience_s"),
        remember_days=_default(AuthoriserSettings, "remember_days"),
    )


def _default(kind: type[BaseSettings], name: str) -> str:
    return f"{kind.model_fields[name].default:g}"
