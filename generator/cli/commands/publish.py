"""`nearedge publish`: specs and output in one commit, on a branch of the remote, with one pull request."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path as File
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND, UsageError
from ..here import root_of, standing
from ..output import show_findings
from ..progress import Watch
from ..proof import outcome
from ..writing import settle, writing

if TYPE_CHECKING:
    from ...publish.flow import Published
    from ...publish.order import Order
    from ...publish.rehearse import Rehearsed

URL = re.compile(r"https?://(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
MAX_WAIT = 300.0
"""Seconds; a job of CI that waits longer is better run again."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is published where, and how it is called."""
    add_today(parser)
    parser.add_argument("--branch", required=True, metavar="NAME", help="branch for the change")
    parser.add_argument("--title", required=True, help="title of the commit and of the pull request")
    parser.add_argument("--message", default="", help="text below the title")
    parser.add_argument("--base", metavar="BRANCH", help="branch that it is for (default: the remote's)")
    parser.add_argument("--remote", default="origin", metavar="NAME", help="remote of Git (default: origin)")
    parser.add_argument(
        "--label", action="append", default=[], metavar="NAME", help="label of the pull request; repeatable"
    )
    parser.add_argument("--no-pull-request", action="store_true", help="push the branch and do nothing else")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="where the branch says something else on the remote, take what is here",
    )
    parser.add_argument(
        "--forge",
        choices=("github", "gitlab", "gitea"),
        help="where pull requests are opened (default: as fleet.yaml or the host's name say); Forgejo is gitea",
    )
    parser.add_argument(
        "--forge-url", metavar="URL", help="its web address, when it is not the remote's host"
    )
    add_forge_access(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what would be published; change nothing")


def run(options: argparse.Namespace) -> int:
    """Publish, or say what would be."""
    from ...publish.prospect import Unfit, Unproven

    root, watch = root_of(options), Watch()
    act = _rehearse if options.dry_run else _publish
    try:
        lines = act(options, root, watch)
    except Unfit as unfit:
        watch.end()
        show_findings(root, unfit.findings, unfit.waived)
        sys.stderr.write(f"{unfit}\n")
        return FOUND
    except Unproven as unproven:
        watch.end()
        code = outcome(unproven.verification)
        sys.stderr.write(f"{unproven}\n")
        return code
    watch.end()
    sys.stdout.writelines(lines)
    return CLEAN


def _publish(options: argparse.Namespace, root: File, watch: Watch) -> Iterator[str]:
    from ...publish.flow import publish
    from ...publish.order import settled
    from ...publish.patience import Patience

    with writing(root):
        order = settled(root, _order(options))
        return _summary(order, publish(root, order, Patience(options.max_wait), watch.progress))


def _rehearse(options: argparse.Namespace, root: File, watch: Watch) -> Iterator[str]:
    from ...publish.order import settled
    from ...publish.rehearse import rehearse

    settle(root)
    order = settled(root, _order(options), offline=True)
    return _rehearsed(order, rehearse(root, order, watch.progress))


def _order(options: argparse.Namespace) -> Order:
    from ...publish.order import Order
    from ...publish.place import ForgeChoice, ForgeKind

    title = options.title.strip()
    if not title or "\n" in title:
        raise UsageError("--title: one line that says what changes")
    if options.branch[:1] in {"", "-"}:
        raise UsageError("--branch: the name of a branch for this change")
    if options.forge_url and not URL.fullmatch(options.forge_url):
        raise UsageError("--forge-url: a web address, such as https://example.com/gitlab")
    bundle = bundle_of(options.ca_bundle)
    return Order(
        branch=options.branch,
        title=title,
        message=options.message,
        base=options.base or "",
        remote=options.remote,
        labels=tuple(sorted({label.strip() for label in options.label if label.strip()})),
        pull_request=not options.no_pull_request,
        replace=options.replace,
        said=ForgeChoice(ForgeKind(options.forge) if options.forge else None, options.forge_url, bundle),
        today=today(options),
    )


def _summary(order: Order, done: Published) -> Iterator[str]:
    from ...report.proof import proof_line

    landed, shown = done.landed, done.shown
    if landed is None:
        yield f"nothing to publish: the specs and their output are those of {order.remote}/{order.base}\n"
        return
    yield f"proven        {proof_line(done.proof)}\n"
    yield f"commit        {landed.commit[:12]}  {_files(len(done.files))}\n"
    pushed = "pushed" if landed.pushed else "was there already"
    yield f"branch        {order.remote}/{order.branch}  {pushed}{_tries(landed.tries)}\n"
    if shown is not None:
        yield f"pull request  {shown.pull.url}  {shown.did}, comment with the plan {_comment(shown.comment)}\n"
    if done.behind:
        yield f"your branch {order.branch} stays behind {order.remote}/{order.branch}: edits of other files are in the way of git pull\n"


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}" if number else "nothing new to commit"


def _tries(number: int) -> str:
    return f" at try {number}, others pushed as well" if number > 1 else ""


def _comment(did: str) -> str:
    return "written" if did == "opened" else did


def _rehearsed(order: Order, found: Rehearsed) -> Iterator[str]:
    from ...publish.flow import comment
    from ...publish.order import proposal
    from ...report.proof import proof_line

    if not found.files and found.planned is None:
        yield "nothing to publish\n"
        return
    yield f"branch  {order.remote}/{order.branch}\n"
    yield from (f"commit  {path}\n" for path in found.files)
    yield f"proven  {proof_line(found.proof)}\n"
    yield f"\n{order.text}\n"
    if order.pull_request:
        asked = proposal(order)
        labels = f"  [{', '.join(asked.labels)}]" if asked.labels else ""
        yield f"\npull request  {order.branch} -> {asked.base}: {asked.title}{labels}\n\n{comment(found.planned)}\n"


def add_forge_access(parser: argparse.ArgumentParser) -> None:
    """Whom to trust, and how long to try."""
    parser.add_argument("--ca-bundle", metavar="FILE", help="certificates to trust, for a forge of your own")
    parser.add_argument(
        "--max-wait",
        type=seconds,
        default=MAX_WAIT,
        metavar="SECONDS",
        help="the most to wait and retry in all (default: 300)",
    )


def seconds(text: str) -> float:
    """Seconds of --max-wait."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds up to a day")
    return found


def bundle_of(given: str | None) -> str | None:
    """The file of --ca-bundle, wherever nearedge was started.

    Raises:
        UsageError: there is none.
    """
    if given and not File(given).is_file():
        raise UsageError(f"--ca-bundle: there is no file {given}")
    return str((standing() / given).resolve()) if given else None
