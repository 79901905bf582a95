"""Why something is not published: the repository is not in a state for it, or the specs are not."""

from __future__ import annotations

from ..errors import NearedgeError


class PublishRefused(NearedgeError):
    """Publishing would lose or overwrite something, or is not allowed; nothing was pushed."""

    exit_code = 1


class NoBranchName(PublishRefused):
    """Git has no branch of such a name; usage."""

    exit_code = 64
