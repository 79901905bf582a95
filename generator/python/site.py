"""A Cluster and a Group: one argument for each section that nearedge knows, all of them optional.

What a cluster leaves out comes from its groups and the fleet's defaults. An item that a group completes is a mapping:
`serving=[{"name": "shelf-detector", "resources": {"memory": "4Gi"}}]`. A test holds the arguments against the schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .items import (
    Builds,
    ConfigMap,
    Connectivity,
    Credential,
    HardwareProfile,
    KueueSpec,
    ModelServer,
    ModelsSpec,
    Monitoring,
    Namespace,
    Node,
    OperatorSaid,
    Pins,
    PipelineServer,
    PriorityClass,
    RaySpec,
    Registration,
    StorageClass,
    TrainingSpec,
    Waiver,
    Workbench,
)
from .spec import Items, Part, Spec

_APART = frozenset({"self", "name", "labels", "__class__"})
"""Arguments that are no section."""


class _Site(Spec):
    """What a Cluster and a Group can say."""

    def __init__(  # noqa: PLR0913 - a spec has so many sections
        self,
        name: str,
        *,
        labels: Mapping[str, str] | None = None,
        tier: Literal["core", "near-edge"] | None = None,
        platform: str | None = None,
        kubernetesVersion: str | None = None,  # noqa: N803 - as the spec has it, here and below
        state: Literal["active", "retired"] | None = None,
        groups: Sequence[str] | None = None,
        ring: str | None = None,
        hub: str | None = None,
        connectivity: Part[Connectivity] | None = None,
        pins: Part[Pins] | None = None,
        nodes: Items[Node] | None = None,
        storage: Items[StorageClass] | None = None,
        operators: Sequence[str | OperatorSaid | Mapping[str, Any]] | None = None,
        waivers: Items[Waiver] | None = None,
        builds: Part[Builds] | None = None,
        configMaps: Items[ConfigMap] | None = None,  # noqa: N803
        credentials: Items[Credential] | None = None,
        hardwareProfiles: Items[HardwareProfile] | None = None,  # noqa: N803
        kueue: Part[KueueSpec] | None = None,
        models: Part[ModelsSpec] | None = None,
        monitoring: Part[Monitoring] | None = None,
        namespaces: Items[Namespace] | None = None,
        pipelines: Items[PipelineServer] | None = None,
        priorityClasses: Items[PriorityClass] | None = None,  # noqa: N803
        ray: Part[RaySpec] | None = None,
        registration: Part[Registration] | None = None,
        serving: Items[ModelServer] | None = None,
        training: Part[TrainingSpec] | None = None,
        workbenches: Items[Workbench] | None = None,
    ) -> None:
        given = {key: value for key, value in locals().items() if key not in _APART and value is not None}
        super().__init__(name, given, labels)


class Cluster(_Site):
    """One cluster: `Cluster("store-001", groups=["retail-small"], ring="canary")`."""

    kind = "Cluster"
    folder = "clusters/near-edge/"

    @property
    def file(self) -> str:
        """Where its file lies in a fleet of its own: by its tier."""
        return f"clusters/{self.spec.get('tier', 'near-edge')}/{self.name}.yaml"


class Group(_Site):
    """Fields that several clusters share: `Group("retail-small", platform="odh-3.4", serving=[...])`."""

    kind = "Group"
    folder = "clusters/groups/"
