"""Merge requests on GitLab, through python-gitlab.

Its own retries are off: they wait as long as the server asks for. Every response is judged before python-gitlab sees it,
because its errors have no headers, and because it would follow a redirect with the token.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

import gitlab
import requests

from .answers import Answer, data_of
from .forge import SECONDS, Comment, Denied, Proposal, PullRequest
from .sent import fault_of
from .shapes import comment_of, every_page, list_of, no_shape

PAGE = 100
PAGES = 10


class GitLab:
    """A project on GitLab; `path` is its groups and its name."""

    name = "GitLab"

    def __init__(self, site: str, path: str, token: str, verify: bool | str = True) -> None:  # noqa: FBT001, FBT002 - as in requests
        session = requests.Session()
        session.hooks["response"].append(_judge)
        self._project = f"/projects/{quote(path, safe='')}"
        self._gitlab = gitlab.Gitlab(
            site,
            private_token=token,
            ssl_verify=verify,
            timeout=SECONDS,
            user_agent="nearedge",
            keep_base_url=True,
            session=session,
        )

    def find(self, branch: str, base: str) -> PullRequest | None:
        """See Forge."""
        query = {"state": "opened", "source_branch": branch, "target_branch": base}
        ours = (
            item for item in list_of(self.name, self._ask("get", "", query)) if _ends(item) == (branch, base)
        )
        return next((_pull(item) for item in ours), None)

    def create(self, proposal: Proposal) -> PullRequest:
        """See Forge."""
        body = {
            "source_branch": proposal.branch,
            "target_branch": proposal.base,
            "title": proposal.title,
            "description": proposal.body,
        }
        return _pull(self._ask("post", "", body=body))

    def update(self, number: int, title: str, body: str) -> None:
        """See Forge."""
        _pull(self._ask("put", f"/{number}", body={"title": title, "description": body}))

    def add_labels(self, number: int, labels: Collection[str]) -> None:
        """See Forge; GitLab makes labels that the project does not have."""
        _pull(self._ask("put", f"/{number}", body={"add_labels": ",".join(sorted(labels))}))

    def remove_label(self, number: int, label: str) -> None:
        """See Forge."""
        _pull(self._ask("put", f"/{number}", body={"remove_labels": label}))

    def comments(self, number: int) -> tuple[Comment, ...]:
        """See Forge."""
        query = {"sort": "asc", "order_by": "created_at", "per_page": str(PAGE)}
        listed = every_page(
            self.name, lambda page: self._ask("get", f"/{number}/notes", {**query, "page": page}), PAGE
        )
        return tuple(comment_of(self.name, item) for item in listed)

    def add_comment(self, number: int, body: str) -> None:
        """See Forge."""
        comment_of(self.name, self._ask("post", f"/{number}/notes", body={"body": body}))

    def edit_comment(self, number: int, comment: int, body: str) -> None:
        """See Forge."""
        comment_of(self.name, self._ask("put", f"/{number}/notes/{comment}", body={"body": body}))

    def remove_comment(self, number: int, comment: int) -> None:
        """See Forge."""
        self._ask("delete", f"/{number}/notes/{comment}")

    def _ask(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            response = self._gitlab.http_request(
                verb,
                f"{self._project}/merge_requests{path}",
                query_data=dict(query or {}),
                post_data=dict(body) if body is not None else None,
                obey_rate_limit=False,
                retry_transient_errors=False,
                max_retries=0,
            )
        except requests.RequestException as error:
            raise fault_of(self.name, error) from None
        except gitlab.GitlabError as error:
            raise Denied(f"{self.name}: {error.error_message}") from None
        return data_of(self.name, _answer(response))


def _judge(response: requests.Response, *_: Any, **__: Any) -> None:
    data_of(GitLab.name, _answer(response))


def _answer(response: requests.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content.decode("utf-8", "replace"))


def _ends(item: Any) -> tuple[str, str]:
    try:
        own = item["source_project_id"] == item["target_project_id"]
        return item["source_branch"] if own else "", item["target_branch"]
    except (KeyError, TypeError):
        raise no_shape(GitLab.name, "merge request") from None


def _pull(data: Any) -> PullRequest:
    try:
        labels = frozenset(str(label) for label in data["labels"])
        text = data["description"] or ""
        return PullRequest(int(data["iid"]), str(data["web_url"]), str(data["title"]), text, labels)
    except (KeyError, TypeError, ValueError):
        raise no_shape(GitLab.name, "merge request") from None
