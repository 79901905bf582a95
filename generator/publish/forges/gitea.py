"""Pull requests on Gitea and Forgejo: a few requests of their REST API, which is the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import requests

from .answers import Answer, data_of
from .forge import GONE, SECONDS, Comment, Denied, PullRequest
from .pulls import Pulls
from .sent import fault_of
from .shapes import comment_of, every_page, list_of, no_shape, pull_of

PAGE = 50
"""The most that Gitea gives at once by default."""
PAGES = 20
COLOUR = "#8b93a1"
"""Of labels that are new; Gitea wants to be told."""


class Gitea(Pulls):
    """A repository on Gitea or Forgejo; `path` is owner/name."""

    name = "Gitea"

    def __init__(self, site: str, path: str, token: str, verify: bool | str = True) -> None:  # noqa: FBT001, FBT002 - as in requests
        if path.count("/") != 1:
            raise Denied(f"{path} is no repository of Gitea: those are owner/name")
        self._path = path
        self._repository = f"{site}/api/v1/repos/{path}"
        self._verify = verify
        self._session = requests.Session()
        self._session.auth = _TokenAuth(token)
        self._session.headers["User-Agent"] = "nearedge"

    def find(self, branch: str, base: str) -> PullRequest | None:
        """See Forge; older servers cannot be asked for a branch, so all that are open are looked through."""
        for page in range(1, PAGES + 1):
            query = {"state": "open", "sort": "recentupdate", "limit": str(PAGE), "page": str(page)}
            listed = list_of(self.name, self._ask("GET", "/pulls", query))
            ours = (item for item in listed if _ends(item) == (self._path, branch, base))
            found = next((pull_of(self.name, item) for item in ours), None)
            if found or not listed:
                return found
        return None

    def add_labels(self, number: int, labels: Collection[str]) -> None:
        """See Forge; labels go by number here, and those that are new are made first."""
        known = self._labels()
        for name in sorted(set(labels) - known.keys()):
            known |= dict([_label(self._ask("POST", "/labels", body={"name": name, "color": COLOUR}))])
        numbers = [known[name] for name in sorted(labels)]
        list_of(self.name, self._ask("POST", f"/issues/{number}/labels", body={"labels": numbers}))

    def remove_label(self, number: int, label: str) -> None:
        """See Forge."""
        found = self._labels().get(label)
        if found is not None:
            try:
                self._ask("DELETE", f"/issues/{number}/labels/{found}")
            except Denied as fault:
                if fault.status != GONE:
                    raise

    def _labels(self) -> dict[str, int]:
        """Label -> number, of all that the repository has."""
        listed = every_page(
            self.name, lambda page: self._ask("GET", "/labels", {"limit": str(PAGE), "page": page})
        )
        return dict(map(_label, listed))

    def comments(self, number: int) -> tuple[Comment, ...]:
        """See Forge; Gitea gives all at once."""
        return tuple(
            comment_of(self.name, item)
            for item in list_of(self.name, self._ask("GET", f"/issues/{number}/comments"))
        )

    def _ask(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            response = self._session.request(
                verb,
                f"{self._repository}{path}",
                params=query,
                json=body,
                timeout=SECONDS,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise fault_of(self.name, error) from None
        return data_of(
            self.name,
            Answer(response.status_code, response.headers, response.content.decode("utf-8", "replace")),
        )


class _TokenAuth(requests.auth.AuthBase):
    """The token as Gitea wants it; set as `auth`, it keeps requests from looking into .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with the token in its header."""
        request.headers["Authorization"] = f"token {self._token}"
        return request


def _ends(item: Any) -> tuple[str, str, str]:
    try:
        # The repository of a fork that was deleted is null.
        return (item["head"]["repo"] or {}).get("full_name", ""), item["head"]["ref"], item["base"]["ref"]
    except (KeyError, TypeError):
        raise no_shape(Gitea.name, "pull request") from None


def _label(data: Any) -> tuple[str, int]:
    try:
        return str(data["name"]), int(data["id"])
    except (KeyError, TypeError, ValueError):
        raise no_shape(Gitea.name, "label") from None
