"""Names of Policies, which a webhook keeps short; and how what belongs to extraApps is called."""

from __future__ import annotations

from ...objects.manifest import content_hash

LONGEST = 62
"""Most characters of a Policy's namespace and name: governance-policy-propagator policy_webhook.go."""

EXTRA = "extra-"
"""Before the name of an application from elsewhere: its Placements, project, ApplicationSet and Policy."""


def policy_name(name: str, namespace: str) -> str:
    """The name, or its beginning and a hash when it is too long for its namespace."""
    room = LONGEST - len(namespace)
    if len(name) <= room:
        return name
    short = content_hash(name)
    return f"{name[: room - len(short) - 1].rstrip('-.')}-{short}"
