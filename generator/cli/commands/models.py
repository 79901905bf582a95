"""`nearedge models`: the checksums of a model's files, and what brings them onto a volume by hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File
from textwrap import indent
from typing import TYPE_CHECKING

from ..edited import add_edit, carry
from ..exits import CLEAN, FOUND, UsageError
from ..here import from_here, root_of

if TYPE_CHECKING:
    from ...components.kit.component import Cluster
    from ...components.models.spec import Claim
    from ...edit.fleet import Edit

MEBI = 2**20


def arguments(parser: argparse.ArgumentParser) -> None:
    """checksum DIR, or upload CLUSTER MODEL."""
    commands = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    text = "compute the checksums of a model's folder, as clusters/models/ has them"
    checksum = commands.add_parser("checksum", help=text, description=text)
    checksum.add_argument("folder", type=File, metavar="DIR", help="folder with the files of the model")
    checksum.add_argument(
        "--write", metavar="MODEL", help="change clusters/models/MODEL.yaml in place, and render"
    )
    add_edit(checksum)
    text = "print a pod that takes a model's files from this machine onto its volume, and the steps"
    upload = commands.add_parser("upload", help=text, description=text)
    upload.add_argument("cluster", metavar="CLUSTER", help="cluster that has the volume")
    upload.add_argument("model", metavar="MODEL", help="model to bring")
    for command in (checksum, upload):
        # As every command has it: here behind the action, too.
        command.add_argument("--root", type=File, default=argparse.SUPPRESS, help="repository to work on")
    upload.add_argument("--namespace", metavar="NS", help="namespace of the volume, where there are several")


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    return _checksum(options) if options.action == "checksum" else _upload(options)


def _checksum(options: argparse.Namespace) -> int:
    """Print the block on standard output, or write it into the model; all else goes to standard error."""
    from ...mirror.checksums import digests, listing
    from ...yaml.writer import to_yaml
    from ..progress import Watch

    watch = Watch()
    folder = from_here(options.folder)
    found = listing(folder)
    sums = digests(folder, found, lambda done, total: watch.progress("MiB", done // MEBI, total // MEBI))
    watch.end()
    if options.write:
        _tell_size(len(sums), found.size, found.hidden)
        return carry(options, lambda root: _edit(root, options.write, sums, found.size))
    # Indented as it stands below `spec:` of a model's file.
    sys.stdout.write(indent(to_yaml({"checksums": sums}), "  "))
    _tell_size(len(sums), found.size, found.hidden)
    return CLEAN


def _edit(root: File, name: str, sums: dict[str, str], size: int) -> Edit:
    """The model's file with these checksums."""
    from ...edit import put
    from ...edit.fleet import Edit, of_file, order_of, specs_of
    from ...specs.quantity import parse

    document = of_file(specs_of(root), "Model", name).document
    said = [f"checksums of {len(sums)} files"]
    stated = document.data["spec"].get("size")
    if stated is not None and parse(str(stated)) < size:
        said.append(f"size says {stated}, the files have {_quantity(size)}: change it as well")
    changed = put(document.text, ("spec", "checksums"), sums, order_of("Model"))
    return Edit({document.file: changed}, tuple(said))


def _tell_size(number: int, size: int, hidden: tuple[str, ...]) -> None:
    sys.stderr.write(f"{number} files, {size} bytes: a size of {_quantity(size)} is enough\n")
    if hidden:
        sys.stderr.write(f"left out, as hidden files are no part of a model: {', '.join(hidden)}\n")


def _quantity(size: int) -> str:
    """Bytes as a spec says them, rounded up."""
    return f"{-(-size // MEBI)}Mi"


def _upload(options: argparse.Namespace) -> int:
    """Print the manifests on standard output, and what to do with them on standard error."""
    from ...components.models import MODELS, upload_manifests, upload_steps
    from ...yaml.writer import to_documents

    found = _cluster(options)
    if found is None:
        return FOUND
    claim = _claim(found, options.model, options.namespace)
    model = found.models[options.model]
    if not model.checksums:
        raise UsageError(
            f"model {options.model} has no checksums to check the upload with: nearedge models checksum DIR --write {options.model}"
        )
    made = upload_manifests(claim, model, found.part(MODELS), found.profile, found.images)
    sys.stdout.write(to_documents(made))
    sys.stderr.write(f"apply this to {found.name}; then, with the files in DIR:\n")
    for said in upload_steps(claim, openshift=found.profile.openshift):
        sys.stderr.write(f"  {said}\n")
    return CLEAN


def _cluster(options: argparse.Namespace) -> Cluster | None:
    """The cluster that is named; None when its specs have errors, which are shown."""
    from ...documents.near import suggestion
    from ...findings.finding import has_errors
    from ...fleet.spec_files import stem
    from ...flow.read import cluster_files, cluster_in, read
    from ...flow.rendered import Memo
    from ..output import show_findings

    root = root_of(options)
    files, shared, findings = read(root)
    known = {stem(file): file for file in cluster_files(files)}
    file = known.get(options.cluster)
    if file is None:
        raise UsageError(
            f"there is no cluster {options.cluster} in {root}/clusters{suggestion(options.cluster, known)}"
        )
    cluster = None
    if shared is not None:
        cluster, _, more = cluster_in(root, shared, file, Memo())
        findings = (*findings, *more)
    if has_errors(findings):
        show_findings(root, findings, ())
        return None
    return cluster


def _claim(cluster: Cluster, model: str, namespace: str | None) -> Claim:
    from ...components.models import claims_of

    able = [claim for claim in claims_of(cluster) if claim.model == model and claim.load]
    chosen = [claim for claim in able if namespace in {None, claim.namespace}]
    if len(chosen) == 1:
        return chosen[0]
    if able and not chosen:
        raise UsageError(f"{model} has no volume in namespace {namespace}: it lies in {able[0].namespace}")
    if chosen:
        places = ", ".join(claim.namespace for claim in chosen)
        raise UsageError(
            f"{model} lies on several volumes of {cluster.name}: say --namespace, one of {places}"
        )
    raise UsageError(
        f"{cluster.name} loads no model {model} onto a volume: storage.type pvc of a server does"
    )
