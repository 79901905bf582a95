"""Values of any shape, which somebody else reads: a chart, a model.

As in every string of a spec there is no template in them: three languages read our output.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict
from typing_extensions import TypeAliasType

from .lines import Lines
from .types import Flag, Line, Value

LONGEST_TEXT = 32768
"""Characters of a text among them, such as a file of settings."""

ValueName = Annotated[
    str,
    Line(
        r"^[A-Za-z0-9_.][A-Za-z0-9_./@:~ *+,=()-]*$", 253, form="a name of letters, digits and _./@:~ *+,=()-"
    ),
]
"""A key; not "<<" among them, which kustomize merges."""
AnyValue = TypeAliasType(
    "AnyValue",
    "Flag | Annotated[int, Strict()] | Annotated[float, Strict()] | Value | Annotated[str, Lines(LONGEST_TEXT)]"
    " | tuple[AnyValue, ...] | dict[ValueName, AnyValue] | None",
)

__all__ = ["LONGEST_TEXT", "AnyValue", "Flag", "Lines", "Strict", "Value", "ValueName"]
