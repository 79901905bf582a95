"""Ray's runtime environments, and text of several lines in a spec."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ...specs.types import INT32, REFUSED, EnvName, Flag, Strictly, Text, Value, whole

_REFUSED_LINES = REFUSED.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f")
"""REFUSED, but lines may end: for text that is a document of its own."""

_FOUND = re.compile(_REFUSED_LINES)


@dataclass(frozen=True)
class Lines:
    """Text of several lines, with the same characters refused as in every other string of a spec."""

    longest: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, min_length=1, max_length=self.longest)
        return core_schema.no_info_after_validator_function(_clean, text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "not": {"pattern": _REFUSED_LINES}}


def _clean(text: str) -> str:
    found = _FOUND.search(text)
    if found:
        said = f"U+{ord(found[0]):04X}" if len(found[0]) == 1 else found[0]
        raise PydanticCustomError(
            "refused_text", "{said} is refused in every string of a spec", {"said": said}
        )
    return text


YamlText = Annotated[str, Lines(65536)]
"""A YAML document as text."""


class RuntimeConfig(Strictly):
    """How Ray sets a runtime environment up."""

    setup_timeout_seconds: Annotated[int, Strict(), Field(ge=-1, le=INT32), BeforeValidator(whole)] = Field(
        600, description="How long it may take; -1 for no limit."
    )
    eager_install: Flag = Field(True, description="Set it up before the first task asks for it.")


class RuntimeEnv(Strictly):
    """What Ray prepares on every node before the job runs; field names are Ray's."""

    working_dir: Text | None = Field(
        None,
        description="URL of a zip file; for a job that a pod submits (K8sJobMode) also a folder of its image.",
    )
    py_modules: tuple[Text, ...] = Field(
        (), description="Python modules: URLs of zip files or wheels, or folders as in working_dir."
    )
    excludes: tuple[Text, ...] = Field((), description="Patterns left out of working_dir.")
    pip: tuple[Text, ...] = Field(
        (), description="Packages to install; the cluster must reach the package index."
    )
    uv: tuple[Text, ...] = Field((), description="The same with uv, which the image must hold.")
    env_vars: dict[EnvName, Value] = Field({}, description="Environment variables; never a secret.")
    config: RuntimeConfig | None = Field(None, description="Time-out and order of the set-up.")


def runtime_env_text(value: RuntimeEnv | str | None) -> str | None:
    """The runtimeEnvYAML of a job: fields as JSON, which is YAML; text as it stands; None without any."""
    if not isinstance(value, RuntimeEnv):
        return value
    said = {key: item for key, item in value.model_dump(mode="json", exclude_none=True).items() if item}
    return json.dumps(said) if said else None
