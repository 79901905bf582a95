"""Namespaces: those that the other sections use and those listed here, closed to what nobody asked for.

A namespace gets the labels that Kueue, Argo CD, ODH and pod security look for, quota and limits where asked,
NetworkPolicies for what runs in it and a default ServiceAccount without a token. What runs in it is its
*features*; they name the base, so that namespaces of the same kind share one.

    namespaces: [{name: ai-serving, egress: [{name: s3, cidrs: [10.1.0.0/16], ports: [9000]}]}]

`spec` is the section, `features` what runs where, `emit` and `network` the objects, `units` the component
itself; the rules are in `checks`.
"""

from .checks import reserved
from .emit import managed_labels
from .features import items, namespace_features, places, workloads
from .network import HTTPS, LLM, RAY, SERVING_POD
from .units import NAMESPACES, used

__all__ = [
    "HTTPS",
    "LLM",
    "NAMESPACES",
    "RAY",
    "SERVING_POD",
    "items",
    "managed_labels",
    "namespace_features",
    "places",
    "reserved",
    "used",
    "workloads",
]
