"""What models say as plain data: only the fields that somebody gave, quantities in canonical form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel


def said(value: Any) -> Any:
    """A model, a list or a mapping as YAML would give it.

    >>> from ..specs.site import StorageClass
    >>> said(StorageClass(**{"class": "fast", "accessModes": ["ReadWriteOnce"]}))
    {'class': 'fast', 'accessModes': ['ReadWriteOnce']}
    """
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        given = value.model_fields_set
        return {info.alias or name: said(getattr(value, name)) for name, info in fields if name in given}
    if isinstance(value, Mapping):
        return {key: said(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [said(item) for item in value]
    return value
