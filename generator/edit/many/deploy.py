"""A model server on many clusters, and away again: what `nearedge deploy` and `undeploy` do to specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...components.serving.spec import runtimes
from ...documents.identity import labels
from ...documents.paths import value_at
from ...objects.elements import same
from .. import drop, put
from ..add import New, add
from ..fleet import Edit, EditRefused, NotThere, RepositorySpecs, known, of_file, order_of
from ..values import unset
from . import each
from .chosen import listed
from .items import Item, find, item_given, refuse_other, subject_of, with_settings

SECTION = ("serving",)
_LIST = ("spec", *SECTION)
STORAGE = {"oci": "oci", "image": "image"}
"""Scheme of a model's source -> storage type that needs no choice; others have a volume, which outlasts an outage."""


@dataclass(frozen=True)
class Server:
    """A server as it was asked for; what is left out is found in the model and on the cluster."""

    model: str
    name: str = ""
    namespace: str = ""
    runtime: str = ""
    queue: str = ""
    storage: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields."""
    settings: Sequence[tuple[str, str]] = ()


def deploy(specs: RepositorySpecs, server: Server, kind: str, names: Iterable[str]) -> Edit:
    """The server on every cluster (or in every group) of these names; one that serves the model so is left alone.

    Raises:
        EditRefused, NotThere: the server cannot be told from what was said, or its name is another's.
    """
    known("model", server.model, specs.shared.models)

    def given(now: RepositorySpecs, name: str) -> Edit:
        item = _item(now, server, kind, name)
        refuse_other(_there(now, kind, name, item), "model", item, f"{kind.lower()} {name}")
        return item_given(now, kind, name, SECTION, item)

    return each(specs, names, given, named=True)


def deploy_group(specs: RepositorySpecs, server: Server, group: str, names: Iterable[str]) -> Edit:
    """The same by a group that brings the server and nothing else: clusters get its name in `groups`.

    Raises:
        EditRefused: the clusters need servers that differ, or the group has another one.
    """
    known("model", server.model, specs.shared.models)
    names = tuple(names)
    items = {name: _item(specs, server, "Cluster", name) for name in names}
    first = next(iter(items.values()))
    if other := next((name for name, item in items.items() if not same(item, first)), None):
        raise EditRefused(f"{names[0]} and {other} need servers that differ: say --namespace")
    if group in specs.shared.groups:
        there = find(value_at(of_file(specs, "Group", group).document.data, _LIST), first)
        if there is None or not same(dict(there), first):
            raise EditRefused(
                f"group {group} has another spec already: nearedge set --group {group} changes it"
            )
        made = Edit()
    else:
        made = add(specs, New("Group", group, values={_LIST: [first]}))

    def joined(now: RepositorySpecs, name: str) -> Edit:
        refuse_other(_there(specs, "Cluster", name, first), "model", first, f"cluster {name}")
        if _there(specs, "Cluster", name, first) is not None:
            return Edit()
        document = subject_of(now, "Cluster", name).document
        groups = value_at(document.data, ("spec", "groups")) or []
        text = put(document.text, ("spec", "groups"), [*groups, group], order_of("Cluster"))
        return Edit({document.file: text}, (f"is in group {group} as well",))

    # What the group says is no part of the clusters yet: it is judged with all the rest, in the copy.
    edit = each(specs, names, joined, named=True)
    return Edit({**made.texts, **edit.texts}, (*made.said, *edit.said)) if edit.texts else edit


def undeploy(specs: RepositorySpecs, model: str, name: str, kind: str, names: Iterable[str]) -> Edit:
    """No server of the model any more on these clusters (or in these groups); of `name` alone where that is said."""
    if model not in specs.shared.models and not name:
        known("model", model, specs.shared.models)

    def taken(now: RepositorySpecs, cluster: str) -> Edit:
        total, said = Edit(), []
        while (label := _served(now, kind, cluster, model, name)) is not None:
            edit = unset(subject_of(now, kind, cluster), f"serving[{label}]")
            said += [f"serving[{label}] goes"]
            if not edit.texts:
                break
            total, now = Edit({**total.texts, **edit.texts}), now.after(edit)
        return Edit(total.texts, tuple(said) or (f"does not serve {name or model}, left alone",))

    return each(specs, names, taken, named=True)


def leave_group(specs: RepositorySpecs, group: str, names: Iterable[str]) -> Edit:
    """These clusters are no longer in a group; its file stays."""
    known("group", group, specs.shared.groups)

    def left(now: RepositorySpecs, name: str) -> Edit:
        document = subject_of(now, "Cluster", name).document
        groups = value_at(document.data, ("spec", "groups")) or []
        if group not in groups:
            return Edit(said=(f"is not in group {group}, left alone",))
        at = ("spec", "groups", groups.index(group))
        text = drop(document.text, at if len(groups) > 1 else at[:-1])
        return Edit({document.file: text}, (f"is no longer in group {group}",))

    return each(specs, names, left, named=True)


def _served(specs: RepositorySpecs, kind: str, cluster: str, model: str, name: str) -> str | None:
    """How the first server of a model is called in the list."""
    items = value_at(subject_of(specs, kind, cluster).whole, _LIST) or []
    for item, label in zip(items, labels(items), strict=True):
        if (
            item.get("model") == model
            and item.get("name") == (name or item.get("name"))
            and not item.get("remove")
        ):
            return label
    return None


def _there(specs: RepositorySpecs, kind: str, name: str, item: Item) -> Item | None:
    return find(value_at(subject_of(specs, kind, name).whole, _LIST), item)


def _item(specs: RepositorySpecs, server: Server, kind: str, where: str) -> dict[str, Any]:
    """The fields that it needs, in the order in which people write them."""
    model = specs.shared.models[server.model]
    whole = subject_of(specs, kind, where).whole
    item: dict[str, Any] = {
        "name": server.name or server.model,
        "namespace": server.namespace or _namespace(whole, server, where),
        "model": server.model,
        "runtime": server.runtime or runtime_of(server.model, model.format),
    }
    if server.queue:
        item["queue"] = server.queue
    storage = {"type": STORAGE.get(model.source.partition("://")[0], "pvc"), **server.storage}
    order = ("replicas", "storage", "resources")
    more = {**server.more, "storage": storage}
    item |= {key: more[key] for key in order if key in more}
    item |= {key: value for key, value in more.items() if key not in order}
    return with_settings(SECTION, item, server.settings)


def runtime_of(model: str, form: str) -> str:
    """The runtime of a model that is served as most are.

    Raises:
        NotThere: several runtimes take its format, or none does.
    """
    fitting = [runtime.name for runtime in runtimes().values() if form in runtime.formats]
    if len(fitting) == 1:
        return fitting[0]
    ways = (
        f"{listed(fitting)} take it"
        if fitting
        else f"no runtime takes it by itself: {listed(list(runtimes()))}"
    )
    raise NotThere(f"say --runtime: {model} has format {form}, and {ways}")


def _namespace(whole: Any, server: Server, where: str) -> str:
    """The one of the queue; else the one that all servers there have."""
    queues = value_at(whole, ("spec", "kueue", "queues")) or []
    asked = [item for item in queues if server.queue in {item.get("localQueue"), item.get("name")}]
    spaces = {
        space for item in asked for space in (item.get("namespace"), *item.get("namespaces", ())) if space
    }
    if not server.queue:
        spaces = {item["namespace"] for item in value_at(whole, _LIST) or () if item.get("namespace")}
    if len(spaces) == 1:
        return str(spaces.pop())
    if server.queue and not asked:
        there = listed(sorted({str(item.get("localQueue") or item.get("name")) for item in queues})) or "none"
        raise NotThere(f"{where} has no queue {server.queue}: it has {there}")
    why = f"it could be {listed(sorted(spaces))}" if spaces else "nothing there says which"
    raise NotThere(f"say --namespace: on {where} {why}")
