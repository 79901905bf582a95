"""Hub templates: the only places where `{{hub` is ever written, each of one fixed shape.

What goes into them are names of Kubernetes objects, keys of Secrets and an endpoint, all of whose types have neither
quotes nor braces. fromSecret and copySecretData encrypt what they read for the cluster that it goes to
(go-template-utils pkg/templates k8sresource_funcs.go).
"""

from __future__ import annotations


def copied(namespace: str, secret: str, *, per_cluster: bool = False) -> str:
    """All keys of a Secret of the hub."""
    return f'{{{{hub copySecretData "{namespace}" {_name(secret, per_cluster=per_cluster)} hub}}}}'


def from_secret(namespace: str, secret: str, key: str, *, per_cluster: bool = False) -> str:
    """One key of a Secret of the hub, as `data` holds it."""
    return f'{{{{hub fromSecret "{namespace}" {_name(secret, per_cluster=per_cluster)} "{key}" hub}}}}'


def encoded(value: str) -> str:
    """A value that is no secret, as `data` holds it; in Git it stays readable."""
    return f'{{{{hub "{value}" | base64enc hub}}}}'


def _name(secret: str, *, per_cluster: bool) -> str:
    return f'(printf "%s-{secret}" .ManagedClusterName)' if per_cluster else f'"{secret}"'


OPENSHIFT_CHANNEL = (
    'stable-{{ regexFind "^[0-9]+[.][0-9]+" '
    '(lookup "config.openshift.io/v1" "ClusterVersion" "" "version").status.desired.version }}'
)
"""The channel of an operator that has one for each release of OpenShift, stable-4.y; the cluster itself fills it in."""


def merged_pull_secret(ours: str) -> str:
    """The pull secret of a cluster's nodes, with the registries of `ours` in it; the cluster itself puts it together.

    `ours` is a hub template: what it gives is decrypted before the cluster reads this one.
    """
    return (
        '{{- $all := fromJson (base64dec (fromSecret "openshift-config" "pull-secret" ".dockerconfigjson")) -}}'
        f'{{{{- range $host, $login := index (fromJson (base64dec "{ours}")) "auths" -}}}}'
        '{{- $_ := set (index $all "auths") $host $login -}}'
        "{{- end -}}"
        "{{ toRawJson $all | base64enc }}"
    )
