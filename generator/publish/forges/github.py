"""Pull requests on GitHub and GitHub Enterprise, through PyGithub.

PyGithub's requester knows how to sign in, page and reach a server; its objects are not used, because they ask again
behind one's back, wait without a bound, and take a web page for a pull request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

import requests
from github import Auth, Github

from .answers import Answer, data_of
from .forge import GONE, SECONDS, Comment, Denied, PullRequest, Unclear
from .pulls import Pulls
from .sent import fault_of
from .shapes import every_page, list_of, no_shape, pull_of

PAGE = 100
PAGES = 10
"""Pages of comments that are looked through; ours is among the first."""


class GitHub(Pulls):
    """A repository on GitHub; `path` is owner/name."""

    name = "GitHub"

    def __init__(self, api: str, path: str, token: str, verify: bool | str = True) -> None:  # noqa: FBT001, FBT002 - as in requests
        if path.count("/") != 1:
            raise Denied(f"{path} is no repository of GitHub: those are owner/name")
        self._owner = path.partition("/")[0]
        self._repository = f"/repos/{path}"
        self._github = Github(
            auth=Auth.Token(token),
            base_url=api,
            timeout=SECONDS,
            user_agent="nearedge",
            verify=verify,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )

    def find(self, branch: str, base: str) -> PullRequest | None:
        """See Forge."""
        query = {"state": "open", "head": f"{self._owner}:{branch}", "base": base}
        listed = self._ask("GET", "/pulls", query)
        # A server that sends on drops the query: look again whose they are.
        ours = (
            item for item in list_of(self.name, listed) if _ends(item) == (f"{self._owner}:{branch}", base)
        )
        return next((pull_of(self.name, item) for item in ours), None)

    def add_labels(self, number: int, labels: Collection[str]) -> None:
        """See Forge; GitHub makes labels that the repository does not have."""
        list_of(self.name, self._ask("POST", f"/issues/{number}/labels", body={"labels": sorted(labels)}))

    def remove_label(self, number: int, label: str) -> None:
        """See Forge."""
        try:
            self._ask("DELETE", f"/issues/{number}/labels/{quote(label, safe='')}")
        except Denied as fault:
            if fault.status != GONE:
                raise

    def comments(self, number: int) -> tuple[Comment, ...]:
        """See Forge."""
        listed = every_page(
            self.name,
            lambda page: self._ask(
                "GET", f"/issues/{number}/comments", {"per_page": str(PAGE), "page": page}
            ),
            PAGE,
        )
        return tuple(map(self._comment, listed))

    def _comment(self, data: Any) -> Comment:
        try:
            # GitHub promises no body.
            return Comment(int(data["id"]), str(data.get("body") or ""))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise no_shape(self.name, "comment") from None

    def _ask(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            status, headers, text = self._github.requester.requestJson(
                verb, f"{self._repository}{path}", dict(query or {}), None, body
            )
        except requests.RequestException as error:
            raise fault_of(self.name, error) from None
        except (RuntimeError, AssertionError) as error:
            # PyGithub's words for a server that sends on to another place.
            raise Denied(f"{self.name}: {error}") from None
        except ValueError as error:
            raise Unclear(
                f"{self.name} answered with something that is no text ({type(error).__name__})"
            ) from None
        return data_of(self.name, Answer(status, headers, str(text)))


def _ends(item: Any) -> tuple[str, str]:
    try:
        return item["head"]["label"], item["base"]["ref"]
    except (KeyError, TypeError):
        raise no_shape(GitHub.name, "pull request") from None
