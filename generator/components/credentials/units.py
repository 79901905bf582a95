"""The component `credentials`: what External Secrets on the cluster works from.

Secrets that the hub delivers are no objects of an overlay: the cluster's Argo CD has no right to any Secret. They
come by Policy (hub/platform/credentials.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...objects.manifest import SYNC_OPTIONS, Manifest, Wave, meta
from ..kit.base_key import digest
from ..kit.component import Cluster, Component, Unit, alone
from ..kit.recipe import recipe
from .form import secret_metadata, secret_type
from .places import Pairs, keys_of, notes_of, plain_of, with_namespaces
from .spec import Credential, ExternalStore

API_VERSION = "external-secrets.io/v1"
"""v1beta1 is not served any more (external-secrets v2.9.0 CRDs)."""

SKIP = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
"""The kind comes with the operator, which a Policy installs."""


def units(cluster: Cluster) -> Iterator[Unit]:
    """One unit for each credential that External Secrets brings; its base is what the groups alone say."""
    shared = {item.name: item for item in cluster.shared_part(CREDENTIALS) or ()}
    odh = cluster.profile.family == "odh"
    for item, places in with_namespaces(cluster):
        if item.from_ != "externalSecrets" or item.externalSecret is None:
            continue
        final = emit(item, places, _Look(notes_of(item, cluster), odh=odh))
        common = shared.get(item.name)
        if common is None or common.externalSecret is None:
            yield alone(final)
            continue
        key = cluster.group_key("credentials", item.name, places)
        # Of the groups' item, as all of the base: a cluster may say another type, endpoint or region.
        notes = notes_of(common, cluster)
        if notes and common.s3 is None:
            # What the models say is not the groups' word.
            key = key.marked(digest(notes))
        yield Unit(key, cluster.group_files, recipe(emit, common, places, _Look(notes, odh=odh)), final)


class _Look(NamedTuple):
    """How the Secret looks to others: annotations for plain KServe, or the labels of Open Data Hub."""

    notes: Pairs
    odh: bool


def emit(item: Credential, places: tuple[str, ...], look: _Look) -> tuple[Manifest, ...]:
    """An ExternalSecret in each namespace."""
    store = item.externalSecret
    return () if store is None else tuple(_external(item, store, place, look) for place in places)


def _external(item: Credential, store: ExternalStore, namespace: str, look: _Look) -> Manifest:
    wanted = keys_of(item)
    return {
        "apiVersion": API_VERSION,
        "kind": "ExternalSecret",
        "metadata": meta(item.name, namespace, wave=Wave.QUEUE, annotations=SKIP),
        "spec": {
            "refreshInterval": store.refreshInterval,
            "secretStoreRef": {"kind": store.storeKind, "name": store.store},
            "target": {
                "name": item.name,
                "creationPolicy": "Owner",
                # A store that has lost the key for a moment takes nothing away.
                "deletionPolicy": "Retain",
                "template": _template(item, look),
            },
            **(
                {"data": [_one(store.key, key, source) for key, source in wanted]}
                if wanted
                else {"dataFrom": [{"extract": reference(store.key)}]}
            ),
        },
    }


def _template(item: Credential, look: _Look) -> Manifest:
    form = "" if item.type != "s3" else "odh" if look.odh else "kserve"
    metadata = secret_metadata(form, look.notes)
    plain = dict(plain_of(item))
    return {
        "type": secret_type(item.type),
        "engineVersion": "v2",
        # Replace would leave out what the store has beside these.
        **({"mergePolicy": "Merge", "data": plain} if plain else {}),
        **({"metadata": metadata} if metadata else {}),
    }


def _one(remote: str, key: str, source: str) -> Manifest:
    return {"secretKey": key, "remoteRef": {**reference(remote), "property": source}}


def reference(remote: str) -> Manifest:
    """What an ExternalSecret takes from a store."""
    # The operator writes the defaults into what is left out, and Argo CD compares lists as a whole.
    return {
        "key": remote,
        "conversionStrategy": "Default",
        "decodingStrategy": "None",
        "metadataPolicy": "None",
    }


CREDENTIALS: Component[tuple[Credential, ...]] = Component(
    key="credentials",
    spec=tuple[Credential, ...],
    default=(),
    description="Secrets that workloads use: which ones, where, and who brings them. Never what is in them.",
    units=units,
)
