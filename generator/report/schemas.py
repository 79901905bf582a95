"""JSON Schemas of our spec kinds, for editors and other languages: draft 2020-12, from the pydantic models.

Beside them those of what commands print as JSON; theirs leave room for keys that a later release adds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, TypeAdapter

from ..fleet.kinds import document_models

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def spec_schemas() -> Mapping[str, str]:
    """Path below the repository -> schema text, one for each kind; making them takes a second."""
    return MappingProxyType(
        {
            f"schemas/{kind.lower()}.json": json.dumps(schema_of(model), indent=1, ensure_ascii=False) + "\n"
            for kind, model in document_models().items()
        }
    )


@cache
def output_schemas() -> Mapping[str, str]:
    """Path below the repository -> schema text, one for each JSON that a command prints and that has a version."""
    # None of this is needed to write the others.
    from .detail import DetailJson  # noqa: PLC0415
    from .lists import ListJson  # noqa: PLC0415
    from .plan.shape import PlanJson  # noqa: PLC0415

    shapes = {"list": ListJson, "plan": PlanJson, "show": DetailJson}
    return MappingProxyType(
        {
            f"schemas/{name}.json": json.dumps(
                {"$schema": DIALECT, **TypeAdapter(shape).json_schema()}, indent=1, ensure_ascii=False
            )
            + "\n"
            for name, shape in shapes.items()
        }
    )


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Schema that accepts and refuses what the model does."""
    schema: dict[str, Any] = _tightened(model.model_json_schema())
    return {"$schema": DIALECT, "title": model.__name__, **schema}


def _tightened(value: Any) -> Any:
    """Close what pydantic leaves open: keys that no pattern allows, and defaults that are not values."""
    if isinstance(value, list):
        return [_tightened(item) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {key: _tightened(item) for key, item in value.items()}
    if isinstance(schema.get("patternProperties"), dict):
        schema["additionalProperties"] = False
        schema["propertyNames"] = {"not": {"pattern": r"\n"}}
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    if isinstance(schema.get("title"), str):
        # The name of a class of ours: editors would show it instead of the description.
        del schema["title"]
    return schema
