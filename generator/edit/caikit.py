"""The move of a model from Caikit and TGIS to vLLM: which lines of the specs change, and why it may not be.

A Caikit model keeps its Hugging Face files in artifacts/, which vLLM reads as they are: the model's format and folder
change and nothing is copied anew. Every file that says how a server of the model runs changes with it, since the
format has one runtime.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..components.kit.runtime import accelerators
from ..components.kit.two_parts import NAMES_OF_TWO_PARTS
from ..documents.files import Document
from ..documents.paths import value_at
from ..findings.finding import Path
from ..fleet.spec_files import FLEET_FILE, kind_of
from . import drop, put
from .caikit_sentences import MigratedServer, migration_notes
from .fleet import Edit, EditRefused, RepositorySpecs, known, of_file, order_of

OLD, NEW = "caikit-tgis", "vllm"
FORMAT, FOLDER = "vLLM", "artifacts"

TWO_PARTS = (
    "T5",
    "MT5",
    "UMT5",
    "LongT5",
    "Bart",
    "MBart",
    "BlenderBot",
    "Pegasus",
    "Marian",
    "M2M100",
    "NllbMoe",
)
"""Architectures with an encoder and a decoder, which TGIS serves and vLLM does not (vllm docs/models/supported_models)."""

FLAGS: Mapping[str, str] = {
    "max-sequence-length": "max-model-len",
    "max-batch-size": "max-num-seqs",
    "num-shard": "tensor-parallel-size",
    "num-gpus": "tensor-parallel-size",
    "dtype": "dtype",
    "dtype-str": "dtype",
}
"""Flag or variable of TGIS -> flag of vLLM that says the same."""

DROPPED = frozenset(
    "deployment-framework estimate-memory max-batch-weight max-prefill-weight max-concurrent-requests "  # noqa: SIM905
    "max-waiting-tokens max-new-tokens max-prefill-padding flash-attention cuda-process-memory-fraction "
    "transformers-cache hf-home runtime-grpc-server-thread-pool-size".split()
)
"""Flags and variables of TGIS and Caikit that vLLM decides by itself."""

UNDERSTOOD = DROPPED | FLAGS.keys()


@dataclass(frozen=True)
class _Change:
    """One change of a document: a value at a path, or (None) the path gone."""

    path: Path
    value: Any


def migrated(specs: RepositorySpecs, name: str, architecture: str | None) -> Edit:
    """The specs with the model and all its servers on vLLM; no texts when they are already.

    Raises:
        NotThere: there is no such model.
        Refused: vLLM cannot serve it, or something of a server cannot be carried over.
    """
    model = of_file(specs, "Model", known("model", name, specs.shared.models))
    servers = tuple(_servers(specs, name))
    _refuse(name, model.document.data["spec"], servers, architecture)
    texts: dict[str, str] = {}
    for file, (document, kind, changes) in _changes(servers).items():
        texts[file] = _applied(document.text, changes, kind)
    if model.document.data["spec"]["format"] == "caikit":
        changes = [_Change(("spec", "format"), FORMAT), _Change(("spec", "folder"), FOLDER)]
        texts[model.document.file] = _applied(model.document.text, changes, "Model")
    spec = model.document.data["spec"]
    return Edit(texts, tuple(migration_notes(name, spec, servers)) if texts else ())


def _applied(text: str, changes: list[_Change], kind: str) -> str:
    # From behind, so that what goes does not move what is still to change.
    for change in sorted(changes, key=lambda one: [str(step).zfill(6) for step in one.path], reverse=True):
        gone = change.value is None
        text = drop(text, change.path) if gone else put(text, change.path, change.value, order_of(kind))
    return text


def _servers(specs: RepositorySpecs, name: str) -> Iterator[MigratedServer]:
    """Every server of the model on every cluster, as it is merged."""
    for cluster, file in specs.clusters.items():
        resolved = specs.resolved(file)
        for i, item in enumerate(resolved.spec.get("serving") or ()):
            if isinstance(item, dict) and item.get("model") == name:
                yield MigratedServer(cluster, file, item, resolved.said(("serving", i)))


def _refuse(
    name: str, model: Mapping[str, Any], servers: tuple[MigratedServer, ...], architecture: str | None
) -> None:
    if model.get("format") == FORMAT:
        return
    if model.get("format") != "caikit":
        said = f"model {name} is of format {model.get('format')}: only Caikit models move to vLLM this way"
        raise EditRefused(said)
    _refuse_two_parts(name, architecture)
    files = model.get("checksums") or {}
    if files and not any(file.startswith(f"{FOLDER}/") for file in files):
        said = f"checksums of {name} show no {FOLDER}/: a prompt-tuned model has no weights of its own"
        raise EditRefused(said)
    for server in servers:
        _refuse_server(name, server)


def _refuse_two_parts(name: str, architecture: str | None) -> None:
    if architecture is not None and architecture.startswith(TWO_PARTS):
        said = f"{name} is a {architecture}, an encoder with a decoder: vLLM does not serve it"
        raise EditRefused(said)
    if architecture is None and NAMES_OF_TWO_PARTS.search(name):
        raise EditRefused(
            f"{name} is by its name an encoder with a decoder, which vLLM does not serve; "
            "--architecture NAME says what artifacts/config.json has, where the name misleads"
        )


def _refuse_server(name: str, server: MigratedServer) -> None:
    item, where = server.item, f"{server.name} on {server.cluster}"
    if item.get("runtime") == NEW:
        return
    if item.get("runtime") != OLD:
        said = f"{where} serves {name} with runtime {item.get('runtime')}: move it by hand first"
        raise EditRefused(said)
    resources = {key: str(value) for key, value in (item.get("resources") or {}).items()}
    if not accelerators(resources):
        said = (
            f"{where} has no accelerator, and vLLM's image is built for GPUs: give it one in resources first"
        )
        raise EditRefused(said)
    for arg in item.get("args") or ():
        if arg_name(arg) not in UNDERSTOOD:
            said = f"{where} has {arg} in args, which nearedge cannot say to vLLM: replace or drop it first"
            raise EditRefused(said)


def arg_name(arg: str) -> str:
    """A flag or variable as FLAGS has it."""
    return arg.partition("=")[0].lstrip("-").lower().replace("_", "-")


def _changes(servers: tuple[MigratedServer, ...]) -> dict[str, tuple[Document, str, list[_Change]]]:
    """What changes in which file: the ones that say a server's runtime, or what only TGIS understands."""
    found: dict[str, tuple[Document, str, list[_Change]]] = {}
    for server in servers:
        for layer, path in server.said if server.item.get("runtime") == OLD else ():
            changes = list(_of_server(value_at(layer.data, path), (*layer.root, *path)))
            if changes:
                document = layer.document
                _, _, listed = found.setdefault(document.file, (document, _kind(document, server.file), []))
                listed += (change for change in changes if change not in listed)
    return found


def _kind(document: Document, cluster: str) -> str:
    if document.file == cluster:
        return "Cluster"
    return "Fleet" if document.file == FLEET_FILE else kind_of(document.file)


def _of_server(item: Mapping[str, Any], path: Path) -> Iterator[_Change]:
    if item.get("runtime") == OLD:
        yield _Change((*path, "runtime"), NEW)
    for field in ("grpc", "image", "frontResources"):
        if field in item:
            yield _Change((*path, field), None)
    env = [one for one in item.get("env") or () if arg_name(one.get("name", "")) not in UNDERSTOOD]
    if env != list(item.get("env") or ()):
        yield _Change((*path, "env"), env or None)
    args = [*_translated(item)]
    if args != list(item.get("args") or ()):
        yield _Change((*path, "args"), args or None)


def _translated(item: Mapping[str, Any]) -> Iterator[str]:
    """Arguments of vLLM that say what arguments and variables of TGIS said."""
    said = [(arg_name(arg), arg.partition("=")[2]) for arg in item.get("args") or ()]
    said += [(arg_name(one.get("name", "")), str(one.get("value", ""))) for one in item.get("env") or ()]
    flags = {FLAGS[name]: value for name, value in said if name in FLAGS and value}
    yield from (f"--{flag}={value}" for flag, value in flags.items())


__all__ = ["migrated"]
