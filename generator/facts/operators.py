"""The operator catalog: what can be installed beside the platform, one YAML file each in `data/operators/`.

An entry is either a package of a catalog that OLM installs, or a component that the ODH operator switches on in its
DataScienceCluster. Channels, namespaces and install modes stand in the files, beside their sources.
"""

from functools import cache
from typing import Any, Literal

from pydantic import ConfigDict, Field

from ..specs.operators import CSV
from ..specs.types import EnvName, Flag, Labels, Name, Positive, Quantity, Strictly, Text
from .files import shipped_data, shipped_folder
from .profiles import Profile, profiles


class InstanceSize(Strictly):
    """How large the instance of an entry is where a spec says nothing."""

    replicas: Positive = Field(description="Pods of it, where the cluster has so many nodes.")
    storage: Quantity = Field(description="Volume of each pod.")


class OperatorRelease(Strictly):
    """What differs of an operator on one platform profile."""

    package: Name | None = Field(None, description="Package there.")
    catalog: Name | None = Field(None, description="CatalogSource there.")
    channel: Text | None = Field(None, description="Channel there.")
    csv: CSV | None = Field(None, description="The one version that the profile stands for.")
    namespace: Name | None = Field(None, description="Namespace there.")
    bare: Flag = Field(False, description="The operator comes without the objects of the entry.")


class Operator(Strictly):
    """An entry of the catalog."""

    name: Name = Field(description="Name as specs say it.")
    description: Text = Field(description="What it is.")
    source: Text = Field(description="Where package, channel and objects were read.")
    package: Name | None = Field(None, description="Package; none: a component of DataScienceCluster.")
    catalog: Name | None = Field(None, description="CatalogSource that has the package.")
    channel: Text | None = Field(
        None, description="Channel; left out, releases say it, or it is the default of the catalog."
    )
    releases: dict[Name | Text, OperatorRelease] = Field(
        {}, description="Platform profile -> what differs there."
    )
    namespace: Name | None = Field(None, description="Namespace of its Subscription.")
    namespaceLabels: Labels = Field({}, description="Labels of that namespace.")
    group: Literal["AllNamespaces", "OwnNamespace", "existing"] | None = Field(
        None, description="Install mode that its CSV supports; existing: the namespace has an OperatorGroup."
    )
    env: dict[EnvName, Text] = Field({}, description="Environment of the operator.")
    components: tuple[Name, ...] = Field(
        (), description="Component of DataScienceCluster, under each of its names."
    )
    requires: tuple[Name, ...] = Field((), description="Entries that must be Compliant before it.")
    objects: tuple[dict[str, Any], ...] = Field((), description="Its own objects, in order.")
    size: InstanceSize | None = Field(None, description="Size of its instance, where a spec may say one.")
    missing: Text | None = Field(
        None, description="What an instance of it needs that only a site knows; none is made then."
    )


@cache
def operators() -> dict[str, Operator]:
    """The whole catalog by name."""
    found = {}
    for data in shipped_folder("data/operators"):
        operator = Operator.model_validate(data)
        found[operator.name] = operator.model_copy(update={"releases": _with_other_kueues(operator)})
    return found


def _with_other_kueues(operator: Operator) -> dict[str, OperatorRelease]:
    """Its releases, and those of platforms beside another Kueue: that one's channel, and all else as on the platform."""
    found = dict(operator.releases)
    for profile in profiles().values():
        for channel, other in profile.kueues.items():
            beside = f"{profile.name}-kueue-{channel.removeprefix('stable-v')}"
            told = operator.releases.get(other if operator.name == "kueue" else profile.name)
            if told is not None:
                found[beside] = told
    return found


_NOTHING = OperatorRelease()


def release_on(operator: Operator, platform: str) -> OperatorRelease:
    """What differs of an operator on a platform profile; nothing where nothing is said."""
    return operator.releases.get(platform, _NOTHING)


class System(Strictly):
    """A system that is no entry of the catalog."""

    model_config = ConfigDict(serialize_by_alias=True)

    is_: Text = Field(alias="is", description="Why it is not: retired, succeeded, part of something else.")
    instead: Text = Field(description="What to write in its place.")


@cache
def systems() -> dict[str, System]:
    """Names that people know and the catalog does not have, with what stands for them."""
    return {name: System.model_validate(data) for name, data in shipped_data("data/systems.yaml").items()}


def component_of(operator: Operator, profile: Profile) -> str | None:
    """Name of the entry's component on a platform; None when it has none there."""
    known = profile.platform.components if profile.platform else ()
    return next((name for name in operator.components if name in known), None)


def offered(operator: Operator, profile: Profile) -> bool:
    """Whether a platform can have the operator."""
    if profile.platform is None:
        return False
    if operator.components:
        return component_of(operator, profile) is not None
    # Where each release has a channel of its own, an unknown one has none.
    tied = operator.channel is None and bool(operator.releases)
    return not tied or profile.name in operator.releases
