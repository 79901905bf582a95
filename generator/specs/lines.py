"""Text of several lines in a spec: a document of its own, such as YAML or a file of settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .types import FORM, REFUSED

REFUSED_LINES = REFUSED.replace(r"\x00-\x1f", r"\x00-\x09\x0b-\x1f")
"""REFUSED, but lines may end."""

_FOUND = re.compile(REFUSED_LINES)


@dataclass(frozen=True)
class Lines:
    """Text of several lines, with the same characters refused as in every other string of a spec.

    With a `pattern` all of it matches that; `form` says in words what it takes.
    """

    longest: int
    pattern: str | None = None
    form: str = ""
    shortest: int = 1

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(
            strict=True, min_length=self.shortest, max_length=self.longest, pattern=self.pattern
        )
        return core_schema.no_info_after_validator_function(_clean, text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        said = {FORM: self.form} if self.form else {}
        return {**handler(schema), "not": {"pattern": REFUSED_LINES}, **said}


def _clean(text: str) -> str:
    found = _FOUND.search(text)
    if found:
        said = f"U+{ord(found[0]):04X}" if len(found[0]) == 1 else found[0]
        raise PydanticCustomError(
            "refused_text", "{said} is refused in every string of a spec", {"said": said}
        )
    return text


Pem = Annotated[
    str,
    Lines(
        65536,
        r"^-----[A-Za-z0-9+/= -]+-----\n[A-Za-z0-9+/=\n -]+$",
        "certificates in PEM: lines between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----",
    ),
]
"""Certificates as people have them in a file; whether they are some, a rule says."""
