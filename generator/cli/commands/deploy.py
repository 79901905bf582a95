"""`nearedge deploy`: a model server on the clusters that are meant."""

from __future__ import annotations

import argparse
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from ..edited import add_edit, carry
from ..exits import UsageError
from ..selection import add_clusters, said_choice, subjects

if TYPE_CHECKING:
    from ...edit.fleet import Edit
    from ...edit.many.deploy import Server


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, where to, and how it is served."""
    parser.description = (
        "Serve a model on the clusters that are meant: a serving item in each of their specs, with the fields that it needs. "
        "One that serves it already is left alone."
    )
    parser.add_argument("model", metavar="MODEL", help="model to serve")
    parser.add_argument(
        "--to",
        nargs="*",
        default=[],
        metavar="CLUSTER",
        help="names of clusters; or one of the options below",
    )
    add_clusters(parser, group="alone: into the file of this group, for all clusters that use it")
    parser.add_argument(
        "--as-group",
        metavar="NAME",
        help="write the server once, in a group of this name, and let the clusters be in it as well",
    )
    parser.add_argument("--name", metavar="NAME", help="name of the server (default: the model's)")
    add_server(parser)
    add_edit(parser)


def add_server(parser: argparse.ArgumentParser) -> None:
    """What can be said of the server."""
    how = parser.add_argument_group("how it is served")
    for option, text in _TEXTS.items():
        how.add_argument(f"--{option}", metavar=option.rpartition("-")[2].upper(), help=text)
    how.add_argument("--exposed", action="store_true", help="reachable from outside the cluster")
    how.add_argument("--auth", action="store_true", help="callers need a token")
    how.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="any field of it; again for more"
    )


_TEXTS = {
    "runtime": "vllm, ovms ... (default: the one that takes the model's format)",
    "namespace": "namespace (default: that of the queue, or of the cluster's other servers)",
    "queue": "Kueue queue that admits its pods",
    "cpu": "CPUs of one pod",
    "memory": "memory of one pod: 4Gi",
    "gpu": "GPUs of one pod (nvidia.com/gpu)",
    "replicas": "pods: 2, or 1-3 to scale",
    "storage": "pvc, s3, hf, oci ... (default: oci of a modelcar, else pvc)",
    "storage-class": "storage class of its volume",
    "storage-size": "size of its volume",
}
_RESOURCES = {"cpu": "cpu", "memory": "memory", "gpu": "nvidia.com/gpu"}


def run(options: argparse.Namespace) -> int:
    """Deploy and render."""
    return carry(options, lambda root: _edit(options, root))


def _edit(options: argparse.Namespace, root: File) -> Edit:
    from ...edit.fleet import specs_of
    from ...edit.many.chosen import chosen
    from ...edit.many.deploy import deploy, deploy_group

    specs, server = specs_of(root), server_of(options, options.model)
    where = "say where to: --to CLUSTER"
    if options.as_group:
        return deploy_group(
            specs, server, options.as_group, chosen(specs, said_choice(options, options.to, where))
        )
    return deploy(specs, server, *subjects(options, specs, options.to, where))


def server_of(options: argparse.Namespace, model: str) -> Server:
    """The server that the options say."""
    from ...edit.many.deploy import Server

    more: dict[str, Any] = {}
    if options.replicas:
        fewest, _, most = options.replicas.partition("-")
        if not fewest.isdecimal() or not (most or fewest).isdecimal():
            raise UsageError(f"--replicas takes 2 or 1-3, not {options.replicas}")
        more["replicas"] = {"min": int(fewest), "max": int(most or fewest)}
    resources = {key: value for name, key in _RESOURCES.items() if (value := getattr(options, name))}
    if resources:
        more["resources"] = resources
    more |= {flag: True for flag in ("exposed", "auth") if getattr(options, flag)}
    storage = {"type": options.storage, "class": options.storage_class, "size": options.storage_size}
    return Server(
        model,
        options.name or "",
        options.namespace or "",
        options.runtime or "",
        options.queue or "",
        {key: value for key, value in storage.items() if value},
        more,
        [pair(text, "--set") for text in options.set],
    )


def pair(text: str, option: str) -> tuple[str, str]:
    """The two sides of KEY=VALUE.

    Raises:
        UsageError: it has no sign between them.
    """
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise UsageError(f"{option} takes KEY=VALUE, not {text}")
    return key, value
