"""The kinds Cluster and Group, put together from the sections that components define.

A document may leave out what its groups give, so a Cluster file, a Group and the fleet's defaults are checked
against the *partial* spec (nothing required, everything else as strict); the merged result is checked against
the complete one.
"""

import functools
import operator
import types
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, create_model
from pydantic_core import PydanticCustomError

from ..components.discovery import discover
from ..documents.identity import NAMING
from ..facts.profiles import profiles
from ..specs.fleet import Fleet, FleetSpec
from ..specs.hub import Registration
from ..specs.model import Model, Pins
from ..specs.operators import Listed
from ..specs.removals import Removals
from ..specs.rules import Rules
from ..specs.site import Connectivity, Node, StorageClass, Waiver
from ..specs.types import (
    API_VERSION,
    Labels,
    Line,
    Metadata,
    Name,
    Strictly,
    Text,
)


class SiteSpec(Strictly):
    """What a cluster is; the sections of the components come on top."""

    tier: Literal["core", "near-edge"] = Field(description="core: data center; near-edge: factory, shop.")
    platform: Annotated[
        str, Line(r"^[a-z0-9][a-z0-9.-]*$", 32, form="small letters, digits, . and -: odh-3.4")
    ] = Field(description="Platform profile, such as odh-3.4.")
    kubernetesVersion: (
        Annotated[str, Line(r"^1\.[0-9]{1,3}$", 8, form='1 and the minor version, in quotes: "1.33"')] | None
    ) = Field(
        None,
        description='Kubernetes of the cluster, quoted: "1.33" (OpenShift 4.20). storage.type oci+native asks for it.',
    )
    state: Literal["active", "retired"] = Field(
        "active", description="retired: nothing runs there any more; namespaces, volumes and queues stay."
    )
    groups: tuple[Name, ...] = Field((), description="Groups whose fields this cluster takes over, in order.")
    ring: Name | None = Field(None, description="Ring of the rollout that this cluster belongs to.")
    hub: Name | None = Field(
        None,
        description="Hub that manages this cluster, by the name of its cluster; needed where there are several.",
    )
    registration: Registration | None = Field(
        None,
        description="How it joins its hub; left out, somebody imports it, and nearedge gives labels only.",
    )
    connectivity: Connectivity = Field(default_factory=Connectivity, description="The link.")
    pins: Pins = Field(
        default_factory=Pins,
        description="Versions of models, and images, that run here instead: they win over those of the ring.",
    )
    nodes: tuple[Node, ...] = Field((), description="The nodes, by kind.")
    storage: tuple[StorageClass, ...] = Field((), description="Storage classes.")
    operators: tuple[Listed, ...] = Field(
        (),
        description="Operators from the catalog beside those that its features need, by name: spark, kafka, keda; with channel, approval, versions, source or size where these are others, also of those that come by themselves.",
    )
    waivers: tuple[Waiver, ...] = Field((), description="Findings that are accepted for a while.")


def _exactly_true(value: Any) -> Any:
    # To a Literal 1 is True as well, to JSON Schema it is not.
    if value is not True:
        raise PydanticCustomError("literal_error", "Input should be true", {"expected": "True"})
    return value


Removal = Annotated[Literal[True], BeforeValidator(_exactly_true)]


@cache
def cluster_spec() -> type[SiteSpec]:
    """The complete ClusterSpec: SiteSpec plus one field for each component."""
    fields: dict[str, Any] = {
        part.key: (part.spec, Field(part.default, description=part.description)) for part in discover()
    }
    names = sorted(profiles())
    platform = Annotated[
        str, Line(r"^[a-z0-9][a-z0-9.-]*$", 32, form="small letters, digits, . and -: odh-3.4")
    ]
    described = f"Platform profile: {', '.join(names)}."
    return create_model(
        "ClusterSpec", __base__=SiteSpec, platform=(platform, Field(description=described)), **fields
    )


@cache
def section_adapter(key: str) -> TypeAdapter[Any]:
    """Validates one section by itself."""
    return TypeAdapter(next(part.spec for part in discover() if part.key == key))


@cache
def partial_spec() -> type[BaseModel]:
    """ClusterSpec with nothing required, for documents that groups complete."""
    made = _partial(cluster_spec())
    made.model_rebuild()
    return made


ONE_CLUSTER = "One cluster. What it leaves out comes from its groups and the fleet's defaults."


@cache
def cluster_envelope() -> type[BaseModel]:
    """A Cluster's file without a look into its spec, which is judged after the merge."""
    return _kind("Cluster", dict[str, Any], ONE_CLUSTER)


@cache
def document_models() -> dict[str, type[BaseModel]]:
    """Kind -> model of a whole file of that kind."""
    part = partial_spec()
    group = create_model(
        "GroupSpec", __base__=part, __doc__="Any field of a Cluster's spec; the cluster's own file wins."
    )
    defaults = (
        part,
        Field(default_factory=part, description="Any field of a Cluster's spec, for all clusters."),
    )
    fleet_spec = create_model("FleetSpec", __base__=FleetSpec, __doc__=FleetSpec.__doc__, defaults=defaults)
    return {
        "Fleet": create_model(
            "Fleet",
            __base__=Fleet,
            __doc__=Fleet.__doc__,
            spec=(fleet_spec, Field(description="What all clusters have in common.")),
        ),
        "Group": _kind("Group", group, "Fields that several clusters share."),
        "Model": Model,
        "Cluster": _kind("Cluster", part, ONE_CLUSTER),
        "Removals": Removals,
        "Rules": Rules,
        "Part": _kind("Part", part_spec(), ONE_PART),
    }


@cache
def part_spec() -> type[BaseModel]:
    """What a team can say: the sections whose items are workloads in namespaces."""
    fields = partial_spec().model_fields
    workloads = {
        part.key: (fields[part.key].annotation, fields[part.key]) for part in discover() if part.teams
    }
    return create_model("PartSpec", __base__=Strictly, __doc__=ONE_PART, **workloads)  # type: ignore[call-overload, no-any-return]


ONE_PART = "What a team says of a cluster or a group: workloads in its namespaces."


def _kind(kind: str, spec: Any, doc: str) -> type[BaseModel]:
    return create_model(
        kind,
        __base__=Strictly,
        __doc__=doc,
        apiVersion=(_literal(API_VERSION), Field(description="Version of this format.")),
        kind=(_literal(kind), Field(description=f"{kind}.")),
        metadata=(Metadata, Field(description=f"Name of the {kind.lower()}; equal to the file's name.")),
        spec=(spec, Field(description=doc)),
    )


def _literal(value: str) -> Any:
    """The type that takes one string only."""
    return Literal.__getitem__(value)


@cache
def _partial(model: type[BaseModel]) -> type[BaseModel]:
    """`model` with every field optional, at every depth; what names an item of a list stays required."""
    fields: dict[str, Any] = {}
    named = False
    for name, info in model.model_fields.items():
        alias = info.alias or name
        described: Any = {"description": info.description, "alias": info.alias}
        if alias in NAMING and info.is_required():
            named = True
            fields[name] = (_rebuilt(info.annotation, info.metadata), Field(**described))
        else:
            # The default is never validated: a field may be left out, but null is no value for it.
            fields[name] = (_rebuilt(info.annotation, info.metadata), Field(None, **described))
    if named:
        fields["remove"] = (
            Removal,
            Field(None, description="true: drop this item that a group or the fleet gives."),
        )
    return create_model(f"{model.__name__}Part", __base__=Strictly, __doc__=model.__doc__, **fields)


def _rebuilt(annotation: Any, metadata: Any = ()) -> Any:
    inner = _partial_type(annotation)
    return Annotated[(inner, *metadata)] if metadata else inner  # type: ignore[misc, unused-ignore]


def _partial_type(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _partial(annotation)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Annotated[(_partial_type(args[0]), *args[1:])]  # type: ignore[misc, unused-ignore]
    if origin is tuple:
        return tuple.__class_getitem__((_partial_type(args[0]), ...))
    if origin is dict:
        return dict.__class_getitem__((args[0], _partial_type(args[1])))
    if origin in {Union, types.UnionType}:
        return functools.reduce(operator.or_, (_partial_type(arg) for arg in args))
    return annotation


__all__ = [
    "Labels",
    "Node",
    "SiteSpec",
    "StorageClass",
    "Text",
    "cluster_envelope",
    "cluster_spec",
    "document_models",
    "partial_spec",
    "section_adapter",
]
