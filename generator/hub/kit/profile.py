"""Hub profiles: what ACM or OCM of a version runs decides objects and fields (data, not code).

One YAML file each in `data/hubs/`; the sources of the figures stand beside them in the files.
"""

from functools import cache
from typing import Literal

from pydantic import Field

from ...facts.edge import EdgeArgoCD
from ...facts.files import shipped_folder
from ...specs.fleet import Hub
from ...specs.types import Flag, Name, Strictly, Text

"""The package that holds data/."""


class HubOperator(Strictly):
    """What installs a release from an operator catalog."""

    package: Name = Field(description="Its package.")
    channel: Text = Field(description="Channel of this release.")
    catalog: Name = Field(description="Catalog that has it.")
    engine: Text | None = Field(
        None, description="Channel of multicluster-engine, which it subscribes to by itself."
    )


class HubProfile(Strictly):
    """A release of ACM or OCM that nearedge compiles for."""

    name: Text = Field(description="Its name.")
    description: Text = Field(description="What it is.")
    flavor: Literal["acm", "ocm"] = Field(description="hub.flavor that it is for.")
    version: Text | None = Field(
        None, description="hub.version, major and minor, that it is for; any when left out."
    )
    gitOpsCluster: Literal["blank-secrets", "addon", "addon-olm", "none"] = Field(
        description="Shape of the GitOpsCluster; none: clusters reach Argo CD in another way."
    )
    addonNamespace: Name | None = Field(
        None, description="Where its add-on subscribes to OpenShift GitOps; None: it does not."
    )
    agent: Literal["addon", "addon-v1alpha1", "none"] = Field(
        description="How its GitOpsCluster sets up the Argo CD agent; none: it cannot."
    )
    carriesProject: Flag = Field(
        description="An Application that clusters pull takes its AppProject along; otherwise a Policy brings it."
    )
    generatorConfigMap: Name = Field(description="ConfigMap that tells the generator what a decision is.")
    generatorServiceAccount: Name | None = Field(
        None, description="ApplicationSet controller that gets this ConfigMap from us; None: it has one."
    )
    openshiftOnly: Flag = Field(description="Pull is supported for OpenShift clusters only.")
    serviceAccount: Name = Field(description="Application controller of the hub's own Argo CD.")
    edge: EdgeArgoCD = Field(description="The Argo CD of a managed cluster.")
    templateServiceAccount: Flag = Field(
        description="A Policy may name the ServiceAccount that its hub templates read as (spec.hubTemplateOptions)."
    )
    templateYaml: Flag = Field(
        True, description="Templates of a Policy can read and write YAML (fromYaml, toYaml)."
    )
    operator: HubOperator = Field(description="What installs it.")
    unknownKlusterletFields: tuple[Text, ...] = Field(
        (), description="Fields of KlusterletConfig that it does not know yet, and would drop."
    )
    schemas: tuple[Text, ...] = Field(description="Folders of schemas/kinds/ that hold its kinds.")


@cache
def hub_profiles() -> dict[str, HubProfile]:
    """All hub profiles by name."""
    found = {}
    for data in shipped_folder("data/hubs"):
        profile = HubProfile.model_validate(data)
        found[profile.name] = profile
    return found


def profile_of(hub: Hub) -> HubProfile | None:
    """The profile for a hub's flavor and version (a patch version counts for nothing); None when unknown."""
    version = ".".join(hub.version.split(".")[:2])
    for profile in hub_profiles().values():
        if profile.flavor == hub.flavor and profile.version in {version, None}:
            return profile
    return None
