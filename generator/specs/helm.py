"""What an application from elsewhere says beside its source: Helm's values, and kinds that its project lets it make.

Names of fields are those of Argo CD's Application and AppProject (argo-cd v3.5.1 pkg/apis/application/v1alpha1/types.go
ApplicationSourceHelm, AppProjectSpec); `values` is a mapping here, as `valuesObject` is there.
"""

from typing import Annotated

from pydantic import Field

from .types import LABEL, NAME_FORM, SUBDOMAIN_FORM, Flag, Line, Strictly, Value
from .values import AnyValue, ValueName


class HelmParameter(Strictly):
    """One value of a chart by its path, as `helm --set` has it; it wins over `values`."""

    name: Annotated[
        str, Line(r"^[A-Za-z_][A-Za-z0-9_.\[\]/-]*$", 253, form="keys with points between: image.tag")
    ] = Field(description="Path of the value: image.tag.")
    value: Value = Field(description="Its value; never a secret.")
    forceString: Flag = Field(False, description="Text, also where it looks like a number or a switch.")


class Helm(Strictly):
    """How a chart is filled in."""

    releaseName: Annotated[str, Line(rf"^{LABEL}$", 53, form=NAME_FORM)] | None = Field(
        None, description="Name of the release; the Application's when left out, which holds the cluster's."
    )
    values: dict[ValueName, AnyValue] = Field(
        {}, description="Values of the chart, as its values.yaml has them; never a secret."
    )
    parameters: tuple[HelmParameter, ...] = Field((), description="Single values by their paths.")
    skipCrds: Flag = Field(False, description="Leave out what the chart has in its folder crds.")


Group = Annotated[
    str,
    Line(rf"^({LABEL}(\.{LABEL})*)?$", 253, shortest=0, form=f"{SUBDOMAIN_FORM}; empty for the core group"),
]
Kind = Annotated[str, Line(r"^[A-Z][A-Za-z0-9]*$", 63, form="one kind of Kubernetes, and no *: ClusterRole")]


class NamespacedKind(Strictly):
    """A kind of objects in namespaces."""

    group: Group = Field(description='API group, such as apps; "" for the core group.')
    kind: Kind = Field(description="The kind, such as Deployment.")


class ClusterKind(Strictly):
    """A kind of objects that belong to the whole cluster."""

    group: Group = Field(description="API group, such as rbac.authorization.k8s.io.")
    kind: Kind = Field(description="The kind, such as ClusterRole.")
    resource: Annotated[str, Line(rf"^{LABEL}$", 63, form=NAME_FORM)] | None = Field(
        None,
        description="Plural of its CRD, by which rights name it: clusterpolicies. Kubernetes' own are known.",
    )


__all__ = ["ClusterKind", "Helm", "HelmParameter", "NamespacedKind"]
