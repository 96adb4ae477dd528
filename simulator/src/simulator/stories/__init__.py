"""The stories that drivers live through: one for each kind of session, named, and tied to the scenarios it shows."""

from . import provider_trouble, refunds, refusals, settling, stopping, whose_and_what, without_an_end
from .story import Story

STORIES: tuple[Story, ...] = (
    *settling.STORIES,
    *refunds.STORIES,
    *stopping.STORIES,
    *refusals.STORIES,
    *provider_trouble.STORIES,
    *whose_and_what.STORIES,
    *without_an_end.STORIES,
)
"""Every story, in the order in which they are told."""

__all__ = ["STORIES", "Story"]
