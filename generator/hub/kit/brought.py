"""Which credentials the hub brings to a cluster, and the labels by which it gets them."""

from __future__ import annotations

from functools import cache
from typing import Any

from ...components.credentials import Delivered
from ...fleet.fleet import Member
from ...objects.manifest import content_hash

CREDENTIAL_LABEL = "credential.nearedge.io/"
"""Prefix: `credential.nearedge.io/models-s3: 1a2b3c4d` marks clusters that get that variant of the credential."""

Variant = tuple[Delivered, str]
"""A credential as some clusters get it, and its hash."""


@cache
def _variants(credentials: tuple[tuple[Any, ...], ...]) -> tuple[Variant, ...]:
    return tuple((Delivered(*told), content_hash(told)) for told in credentials)


def variants(member: Member) -> tuple[Variant, ...]:
    """The credentials that the hub brings to a cluster."""
    return _variants(member.credentials)


def credential_labels(member: Member) -> dict[str, str]:
    """Labels of a ManagedCluster by which it gets its credentials."""
    return {f"{CREDENTIAL_LABEL}{item.name}": mark for item, mark in variants(member)}
