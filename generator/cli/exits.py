"""Exit codes: 0 clean, 1 findings or drift, 2 changes, 3 environment or tool missing, 64 usage."""

from __future__ import annotations

from ..errors import NearedgeError

CLEAN, FOUND, CHANGES, ENVIRONMENT, USAGE = 0, 1, 2, 3, 64


class UsageError(NearedgeError):
    """An argument names something that is not there."""

    exit_code = USAGE
