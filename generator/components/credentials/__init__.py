"""Credentials: which Secrets a cluster gets, and who brings them.

`uses` finds what workloads name, `places` where each credential goes, `units` makes ExternalSecrets, `checks` holds
the rules. What the hub delivers is made in `hub/platform/credentials.py`.
"""

from .form import secret_metadata, secret_type
from .places import STORAGE_CONFIG, Delivered, delivered, given, notes_of, pull_secrets
from .units import CREDENTIALS, reference
from .uses import secret_uses

__all__ = [
    "CREDENTIALS",
    "STORAGE_CONFIG",
    "Delivered",
    "delivered",
    "given",
    "notes_of",
    "pull_secrets",
    "reference",
    "secret_metadata",
    "secret_type",
    "secret_uses",
]
