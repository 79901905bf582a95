"""`nearedge add`: a new cluster, group or model, or one more thing on clusters."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from ..edited import add_edit, carry
from ..exits import UsageError
from ..network import look_up
from ..root import add_root
from ..selection import add_clusters, subjects
from .deploy import add_server, pair, server_of

if TYPE_CHECKING:
    from ...edit.fleet import Edit, RepositorySpecs
    from ...findings.finding import Path
    from ...registry.found import Found


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is new."""
    parser.description = (
        "Write the file of new clusters, of a group or of a model, or put a server, queue, Ray workload or credential into "
        "the specs of the clusters that are meant; and render. Clusters that have it already are left alone."
    )
    kinds = parser.add_subparsers(title="kinds", metavar="KIND", required=True)
    cluster = _kind(kinds, "cluster", "clusters, in clusters/near-edge/ or clusters/core/", many=True)
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
    model.add_argument(
        "--from",
        dest="origin",
        metavar="SOURCE",
        help="ask hf://org/name[:revision], oci://host/name:tag or s3://bucket/key for digest, size and checksums",
    )
    model.add_argument("--credentials-secret", metavar="NAME", help="Secret with the source's credential")
    _items(kinds)


_MODEL = {
    "format": "format, as the runtime calls it: onnx, vLLM, caikit",
    "version": "version of the model",
    "size": "bytes on disk: 320Mi",
    "source": "oci://...@sha256:..., s3://bucket/key, hf://org/name:revision",
}


def _kind(kinds: Any, name: str, text: str, *, many: bool = False) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text)
    added.set_defaults(kind=name.capitalize())
    added.add_argument(
        "name",
        metavar="NAME",
        nargs="+" if many else None,
        help=f"name of the {name}, and of its file{'; several: one file each' if many else ''}",
    )
    added.add_argument("--like", metavar="NAME", help=f"begin with the file of this {name}")
    added.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="more of its spec; again for more"
    )
    add_edit(added)
    add_root(added, argparse.SUPPRESS)
    return added


def _items(kinds: Any) -> None:
    """What clusters have several of."""
    service = _item(kinds, "service", "a model server, as nearedge deploy does")
    service.add_argument("--model", metavar="MODEL", required=True, help="model that it serves")
    add_server(service)
    queue = _item(kinds, "queue", "a Kueue queue: a ClusterQueue and its LocalQueue")
    queue.add_argument("--namespace", metavar="NAMESPACE", help="namespace of its LocalQueue")
    queue.add_argument(
        "--quota",
        action="append",
        default=[],
        metavar="FLAVOR:RESOURCES",
        help="what it has of a flavor: l4:cpu=8,memory=40Gi; again for more",
    )
    queue.add_argument("--cohort", metavar="NAME", help="cohort that it borrows from and lends to")
    ray = _item(kinds, "ray", "a RayCluster, RayJob or RayService")
    ray.add_argument("--kind", dest="form", choices=tuple(_RAY), default="cluster", help="which of them")
    for option, text in _OF_RAY.items():
        ray.add_argument(f"--{option}", metavar=option.rpartition("-")[2].upper(), help=text)
    ray.add_argument(
        "--workers",
        action="append",
        default=[],
        metavar="NAME:RESOURCES",
        help="a group of workers: small:replicas=2,cpu=4,memory=16Gi; again for more",
    )
    credential = _item(kinds, "credential", "a Secret that workloads use: who brings it, never what is in it")
    credential.add_argument("--type", metavar="TYPE", help="s3, registry, huggingface, https or opaque")
    credential.add_argument("--from", dest="origin", metavar="WHO", help="hub, externalSecrets or existing")
    credential.add_argument("--secret", metavar="NAME", help="its name on the hub, where it is another one")
    for option in ("endpoint", "region", "bucket"):
        credential.add_argument(f"--{option}", metavar=option.upper(), help=f"{option} of the S3 store")
    for added in (queue, ray, credential):
        added.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="any field of it; again for more",
        )


_RAY = {"cluster": "clusters", "job": "jobs", "service": "services"}
_OF_RAY = {
    "namespace": "namespace",
    "queue": "Kueue queue that admits it",
    "image": "image of all pods, by digest",
    "ray-version": "Ray's version in the image",
    "head": "what the head gets: cpu=2,memory=8Gi",
    "entrypoint": "command of a job",
}


def _item(kinds: Any, name: str, text: str) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text)
    added.set_defaults(kind=name)
    added.add_argument("name", metavar="NAME", help=f"name of the {name}")
    added.add_argument("--to", nargs="*", default=[], metavar="CLUSTER", help="names of clusters")
    add_clusters(added, group="alone: into the file of this group, for all clusters that use it")
    add_edit(added)
    add_root(added, argparse.SUPPRESS)
    return added


def run(options: argparse.Namespace) -> int:
    """Add it and render; what has to be asked is asked before anybody is kept from writing."""
    asks = options.kind == "Model" and options.origin
    found = look_up(options.origin) if asks else None
    return carry(options, lambda root: _edit(options, root, found))


def _edit(options: argparse.Namespace, root: File, found: Found | None) -> Edit:
    from ...edit.add import New, add
    from ...edit.fleet import known, specs_of
    from ...edit.many import each

    specs = specs_of(root)
    if options.kind in _ITEMS:
        return _item_edit(options, specs)
    for name in getattr(options, "group", ()):
        known("group", name, specs.shared.groups)
    values, notes = dict(_values(options)), []
    if found is not None:
        from ...edit.resolve import model_fields

        # What somebody says counts for more than what was found.
        values = {**{("spec", key): value for key, value in model_fields(found).items()}, **values}
        notes = [f"{options.origin} is {found.source}", *found.notes]
    settings = [pair(text, "--set") for text in options.set]
    names = options.name if isinstance(options.name, list) else [options.name]
    edit = each(
        specs,
        names,
        lambda now, name: add(now, New(options.kind, name, options.like or "", values, settings)),
    )
    return replace(edit, said=(*edit.said, *notes))


_ITEMS = ("service", "queue", "ray", "credential")


def _item_edit(options: argparse.Namespace, specs: RepositorySpecs) -> Edit:
    from ...edit.many import each
    from ...edit.many.deploy import deploy
    from ...edit.many.items import item_given, with_settings

    kind, names = subjects(options, specs, options.to, "say which clusters: --to CLUSTER")
    if options.kind == "service":
        return deploy(specs, server_of(options, options.model), kind, names)
    section, fields = _fields(options)
    item = with_settings(section, fields, [pair(text, "--set") for text in options.set])
    return each(specs, names, lambda now, name: item_given(now, kind, name, section, item), named=True)


def _fields(options: argparse.Namespace) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The list of the spec that it goes to, and what the options say of it."""
    match options.kind:
        case "queue":
            quota = dict(_resources(text, "--quota") for text in options.quota)
            fields = {"namespace": options.namespace, "quota": quota, "cohort": options.cohort}
            section: tuple[str, ...] = ("kueue", "queues")
        case "ray":
            groups = [{"name": name, **_worker(found)} for name, found in _workers(options)]
            head = {"resources": _quantities(options.head, "--head")} if options.head else None
            fields = {key: getattr(options, key) for key in ("namespace", "queue", "entrypoint", "image")}
            fields |= {"rayVersion": options.ray_version, "head": head, "workers": groups}
            section = ("ray", _RAY[options.form])
        case _:
            store = {key: getattr(options, key) for key in ("endpoint", "region", "bucket")}
            fields = {"type": options.type, "from": options.origin, "secret": options.secret}
            fields |= {"s3": {key: value for key, value in store.items() if value}}
            section = ("credentials",)
    return section, {"name": options.name, **{key: value for key, value in fields.items() if value}}


def _workers(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, str]]]:
    yield from (_resources(text, "--workers") for text in options.workers)


def _worker(found: dict[str, str]) -> dict[str, Any]:
    number = found.pop("replicas", "")
    return {**({"replicas": int(number)} if number.isdecimal() else {}), "resources": found}


def _resources(text: str, option: str) -> tuple[str, dict[str, str]]:
    name, sign, rest = text.partition(":")
    if not sign or not name:
        raise UsageError(f"{option} takes NAME:cpu=8,memory=40Gi, not {text}")
    return name, _quantities(rest, option)


def _quantities(text: str, option: str) -> dict[str, str]:
    return dict(pair(part, option) for part in text.split(","))


def _values(options: argparse.Namespace) -> Iterator[tuple[Path, Any]]:
    given = vars(options)
    labels = dict(pair(text, "--label") for text in given.get("label", ()))
    if labels:
        yield ("metadata", "labels"), labels
    if given.get("group"):
        yield ("spec", "groups"), given["group"]
    for field in ("tier", "platform", "ring", *_MODEL):
        if given.get(field):
            yield ("spec", field), given[field]
    if given.get("credentials_secret"):
        yield ("spec", "credentialsSecret"), given["credentials_secret"]
