"""Answers of forges as our values: what all of them write alike is read here once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .forge import Comment, PullRequest, Unclear


def list_of(forge: str, data: Any) -> list[Any]:
    """A list, whatever is in it."""
    if not isinstance(data, list):
        raise no_shape(forge, "list")
    return data


def every_page(forge: str, ask: Callable[[str], Any], full: int = 1, most: int = 20) -> list[Any]:
    """The items of a list that comes in pages; one with less than `full` items is the last."""
    found: list[Any] = []
    for page in range(1, most + 1):
        listed = list_of(forge, ask(str(page)))
        found += listed
        if len(listed) < full:
            break
    return found


def pull_of(forge: str, data: Any) -> PullRequest:
    """A pull request in GitHub's words, which are Gitea's as well; Gitea's labels may be null."""
    try:
        labels = frozenset(str(label["name"]) for label in data["labels"] or ())
        return PullRequest(
            int(data["number"]), str(data["html_url"]), str(data["title"]), data["body"] or "", labels
        )
    except (KeyError, TypeError, ValueError):
        raise no_shape(forge, "pull request") from None


def comment_of(forge: str, data: Any) -> Comment:
    """A comment; one without a text may have null there."""
    try:
        return Comment(int(data["id"]), str(data["body"] or ""))
    except (KeyError, TypeError, ValueError):
        raise no_shape(forge, "comment") from None


def no_shape(forge: str, what: str) -> Unclear:
    """The answer is JSON, and not what was asked for."""
    return Unclear(f"{forge} answered with something that is no {what}")
