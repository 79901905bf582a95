"""What GitHub and Gitea have alike: how a pull request is made and changed, and where comments are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from .forge import Comment, Proposal, PullRequest
from .shapes import comment_of, pull_of


class Pulls(ABC):
    """The part of a Forge that speaks of /pulls and /issues."""

    name: str

    @abstractmethod
    def _ask(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The answer to one request below the repository."""

    def create(self, proposal: Proposal) -> PullRequest:
        """See Forge."""
        body = {
            "title": proposal.title,
            "head": proposal.branch,
            "base": proposal.base,
            "body": proposal.body,
        }
        return pull_of(self.name, self._ask("POST", "/pulls", body=body))

    def update(self, number: int, title: str, body: str) -> None:
        """See Forge."""
        pull_of(self.name, self._ask("PATCH", f"/pulls/{number}", body={"title": title, "body": body}))

    def add_comment(self, number: int, body: str) -> None:
        """See Forge."""
        self._comment(self._ask("POST", f"/issues/{number}/comments", body={"body": body}))

    def edit_comment(self, number: int, comment: int, body: str) -> None:  # noqa: ARG002 - comments are counted by repository, or by server
        """See Forge."""
        self._comment(self._ask("PATCH", f"/issues/comments/{comment}", body={"body": body}))

    def remove_comment(self, number: int, comment: int) -> None:  # noqa: ARG002
        """See Forge."""
        self._ask("DELETE", f"/issues/comments/{comment}")

    def _comment(self, data: Any) -> Comment:
        return comment_of(self.name, data)
