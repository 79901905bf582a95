"""An empty cluster becomes the hub: what somebody applies step by step, before the hub's own folder.

    acm/<hub>/bootstrap/1-operators   namespaces, OperatorGroups and Subscriptions of ACM or OCM and of OpenShift GitOps; the mirror
    acm/<hub>/bootstrap/2-hub         MultiClusterHub or ClusterManager; certificates of Git servers for the hub's Argo CD
    acm/<hub>/bootstrap/3-argocd      Applications of the steps, with hub.bootstrap argocd
    acm/<hub>/bootstrap/README.md     the steps with their commands, and how to see that each worked

Comes in: what a hub sees of the fleet. Goes out: manifests by file below the hub's folder, and texts. Nothing refers to
these folders but the Applications of the last.
"""

from .files import files, folders, is_bootstrap
from .install import NAMESPACE, emit

__all__ = ["NAMESPACE", "emit", "files", "folders", "is_bootstrap"]
