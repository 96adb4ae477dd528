"""Reads settings from the environment and .env, and says in one sentence which variable is wrong."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from tapwatt.errors import BadSettings

Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(kind: type[Settings]) -> Settings:
    """The settings of this kind. BadSettings names the variable and what is wrong, never its value."""
    try:
        return kind()
    except ValidationError as error:
        sentence = _sentence(kind, error)
    except SettingsError as error:
        sentence = f"the settings cannot be read: {error}"
    raise BadSettings(sentence)


def _sentence(kind: type[BaseSettings], error: ValidationError) -> str:
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    prefix = str(kind.model_config.get("env_prefix", ""))
    variable = name if name.isupper() else prefix + name.upper()
    if first["type"] == "missing":
        return f"{variable} is not set: set it in the environment or in .env"
    return f"{variable} cannot be used: {first['msg'].removeprefix('Value error, ')}"
