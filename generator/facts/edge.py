"""Where the Argo CD of a managed cluster is: said by hubs, and by platforms that bring one themselves."""

from typing import Literal

from pydantic import Field

from ..specs.types import Name, Strictly


class EdgeArgoCD(Strictly):
    """The Argo CD of a managed cluster."""

    namespace: Name = Field(description="Its namespace; Applications are delivered into it.")
    serviceAccounts: tuple[Name, ...] = Field(description="ServiceAccounts of its application controller.")
    settings: Literal["ArgoCD", "argocd-cm"] = Field(
        description="Where its settings are: the operator's resource, or the ConfigMap itself."
    )
