"""Operator catalogs of an air gap: CatalogSources in the mirror instead of the default ones, by Policy.

Each has a name of its own: OpenShift's marketplace operator owns the names of the default ones, also when these are
off. Subscriptions of the clusters that pull through the mirror name ours.
"""

from collections.abc import Iterator
from functools import cache

from pydantic import Field

from ...components.kit.images_in import MIRRORED_CATALOG
from ...facts.files import shipped_data
from ...findings.finding import Severity
from ...findings.rule import Problem, rule
from ...fleet.fleet import Fleet
from ...objects.manifest import MANAGED_BY, Manifest
from ...specs.fleet import Mirror
from ...specs.types import Strictly, Text
from ..kit import clusters, placement
from ..kit.installs import CATALOGS as NAME
from ..kit.installs import MARKETPLACE
from ..kit.own import HUB, manages_itself
from ..kit.policies import binding, inner, must_have, policy
from ..kit.profile import HubProfile


class Catalog(Strictly):
    """A default catalog of OpenShift."""

    displayName: Text = Field(description="Its name in the console.")
    publisher: Text = Field(description="Who publishes it.")
    index: Text = Field(description="Repository of its index image.")
    registries: tuple[Text, ...] = Field(description="Where images of its operators come from.")


@cache
def catalogs() -> dict[str, Catalog]:
    """The default catalogs by the name of their CatalogSource."""
    data = shipped_data("data/catalogs.yaml")
    return {name: Catalog.model_validate(item) for name, item in data.items()}


def registries(mirror: Mirror) -> set[str]:
    """Registries and repositories that operators pull from, and that the mirror serves."""
    known = catalogs()
    named = {item for name in mirror.catalogSources if name in known for item in known[name].registries}
    return named | set(mirror.sources)


def policies(fleet: Fleet, profile: HubProfile) -> Iterator[Manifest]:
    """The Policy of all mirrored clusters, and the hub's own binding where it is one of them."""
    mirror = fleet.spec.mirror
    if mirror is None or not mirror.catalogSources:
        return
    edges = any(clusters.is_mirrored(member) for member in fleet.managed)
    own = fleet.hub is not None and manages_itself(profile) and clusters.is_mirrored(fleet.hub)
    if edges:
        namespace = fleet.spec.hub.policyNamespace
        yield placement.placement(fleet, namespace, NAME, labels={clusters.MIRROR_LABEL: "true"})
    if edges or own:
        yield policy(fleet, NAME, [inner(NAME, [must_have(item) for item in sources(mirror)])])
    if edges:
        yield binding(fleet, NAME, NAME)
    if own:
        yield binding(fleet, NAME, HUB, suffix="-hub")


def sources(mirror: Mirror) -> Iterator[Manifest]:
    """The default sources switched off, and one CatalogSource for each catalog in the mirror."""
    yield {
        "apiVersion": "config.openshift.io/v1",
        "kind": "OperatorHub",
        "metadata": {"name": "cluster"},
        "spec": {"disableAllDefaultSources": True},
    }
    for name, image in sorted(mirror.catalogSources.items()):
        yield _source(name, image)


def _source(name: str, image: str) -> Manifest:
    known = catalogs().get(name)
    said = {"displayName": known.displayName, "publisher": known.publisher} if known else {}
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "CatalogSource",
        "metadata": {
            "name": f"{MIRRORED_CATALOG}{name}",
            "namespace": MARKETPLACE,
            "labels": {MANAGED_BY: "nearedge"},
        },
        "spec": {
            "sourceType": "grpc",
            "image": image,
            **said,
            "grpcPodConfig": {"securityContextConfig": "restricted"},
        },
    }


@rule(
    "MIRROR005", source="oc-mirror v2: a filtered catalog has another digest than its source", scope="fleet"
)
def catalog_sources_lie_in_the_mirror(fleet: Fleet) -> Iterator[Problem]:
    """Each image of mirror.catalogSources lies in mirror.registry.

    An air-gapped cluster does not reach another registry, and no mirror set serves a catalog that was rebuilt.
    """
    mirror = fleet.spec.mirror
    for name, image in mirror.catalogSources.items() if mirror else ():
        if mirror is not None and not image.startswith(f"{mirror.registry}/"):
            said = f"catalog {name} is {image.partition('@')[0]}, not an image of {mirror.registry}"
            hint = "the image that oc-mirror wrote: see the CatalogSource in its cluster-resources"
            yield Problem(("mirror", "catalogSources", name), said, hint)


@rule("MIRROR006", Severity.WARNING, source="mirror/files.py", scope="fleet")
def catalog_sources_are_mirrored(fleet: Fleet) -> Iterator[Problem]:
    """Each catalog of mirror.catalogSources stands in mirror.catalogs, so that `nearedge mirror` brings it.

    Otherwise nobody brings new versions of its operators into the mirror.
    """
    mirror = fleet.spec.mirror
    for name in mirror.catalogSources if mirror else ():
        if mirror is not None and name not in mirror.catalogs:
            said = (
                f"catalog {name} is used from the mirror, and mirror.catalogs does not say what it is made of"
            )
            hint = (
                f"catalogs: {{{name}: {catalogs()[name].index if name in catalogs() else '...'}@sha256:...}}"
            )
            yield Problem(("mirror", "catalogSources", name), said, hint)
