"""`nearedge add`: a new cluster, group or model."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from ..edited import add_edit, carry
from ..exits import UsageError
from ..root import add_root

if TYPE_CHECKING:
    from ...edit.fleet import Edit
    from ...findings.finding import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is new."""
    parser.description = (
        "Write the file of a new cluster, group or model, and render. "
        "nearedge add cluster store-009 --group retail-gpu --label site=ulm; "
        "nearedge add cluster store-009 --like store-001"
    )
    kinds = parser.add_subparsers(title="kinds", metavar="cluster|group|model", required=True)
    cluster = _kind(kinds, "cluster", "a cluster, in clusters/near-edge/ or clusters/core/")
    cluster.add_argument(
        "--group", action="append", default=[], metavar="NAME", help="group it is in; again for more"
    )
    cluster.add_argument(
        "--label", action="append", default=[], metavar="KEY=VALUE", help="label; again for more"
    )
    group = _kind(kinds, "group", "a group: what several clusters share")
    for added in (cluster, group):
        added.add_argument("--tier", choices=("near-edge", "core"), help="what it is (default: its group's)")
        added.add_argument("--platform", metavar="PROFILE", help="platform profile, such as odh-3.4")
        added.add_argument("--ring", metavar="NAME", help="ring of the rollout")
    model = _kind(kinds, "model", "a model that clusters can serve")
    for field, text in _MODEL.items():
        model.add_argument(f"--{field}", metavar=field.upper(), help=text)
    model.add_argument("--credentials-secret", metavar="NAME", help="Secret with the source's credential")


_MODEL = {
    "format": "format, as the runtime calls it: onnx, vLLM, caikit",
    "version": "version of the model",
    "size": "bytes on disk: 320Mi",
    "source": "oci://...@sha256:..., s3://bucket/key, hf://org/name:revision",
}


def _kind(kinds: Any, name: str, text: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text)
    added.set_defaults(kind=name.capitalize())
    added.add_argument("name", metavar="NAME", help=f"name of the {name}, and of its file")
    added.add_argument("--like", metavar="NAME", help=f"begin with the file of this {name}")
    added.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="more of its spec; again for more"
    )
    add_edit(added)
    add_root(added, argparse.SUPPRESS)
    return added


def run(options: argparse.Namespace) -> int:
    """Add it and render."""
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.add import New, add
    from ...edit.fleet import known, specs_of

    specs = specs_of(root)
    for name in getattr(options, "group", ()):
        known("group", name, specs.shared.groups)
    values = dict(_values(options))
    settings = [_pair(text, "--set") for text in options.set]
    return add(specs, New(options.kind, options.name, options.like or "", values, settings))


def _values(options: argparse.Namespace) -> Iterator[tuple[Path, Any]]:
    given = vars(options)
    labels = dict(_pair(text, "--label") for text in given.get("label", ()))
    if labels:
        yield ("metadata", "labels"), labels
    if given.get("group"):
        yield ("spec", "groups"), given["group"]
    for field in ("tier", "platform", "ring", *_MODEL):
        if given.get(field):
            yield ("spec", field), given[field]
    if given.get("credentials_secret"):
        yield ("spec", "credentialsSecret"), given["credentials_secret"]


def _pair(text: str, option: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"{option} takes KEY=VALUE, not {text}")
    return key, value
