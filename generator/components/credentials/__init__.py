"""Credentials: which Secrets a cluster gets, and who brings them.

`uses` finds what workloads name, `places` where each credential goes, `units` makes ExternalSecrets, `checks` holds
the rules. What the hub delivers is made in `hub/credentials.py`.
"""

from .places import STORAGE_CONFIG, Delivered, delivered, given, pull_secrets
from .units import CREDENTIALS

__all__ = ["CREDENTIALS", "STORAGE_CONFIG", "Delivered", "delivered", "given", "pull_secrets"]
