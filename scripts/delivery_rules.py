"""What an integrator has to know of the contract beside its schemas: keys, order, waits, second events, compression."""

from __future__ import annotations

from pathlib import Path

from authoriser.settings import AuthoriserSettings
from tapwatt.facts.codec import LARGEST_EVENT
from tapwatt.facts.content_modes import STRUCTURED
from token_matcher.settings import TokenMatcherSettings

PATIENCE_S = 45
"""Seconds beyond the presentation time within which a driver has an answer, whatever the provider does."""


def delivery_rules() -> str:
    """The rules of delivery-rules.md; times are the settings' defaults."""
    rules = Path(__file__).with_name("delivery-rules.md").read_text(encoding="utf-8")
    return rules.format(
        structured=STRUCTURED,
        largest_event=LARGEST_EVENT,
        card_s=AuthoriserSettings().presentation_s,
        stop_s=TokenMatcherSettings().presentation_s,
        patience_s=PATIENCE_S,
    )
