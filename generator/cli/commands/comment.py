"""`nearedge comment`: a plan that one job of CI wrote, as the comment of a pull request that another one writes.

Who may comment needs a token, and who compiles what a pull request brings shall have none: so this reads one file and no
specs, and runs nothing of a repository.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path as File

from ..exits import CLEAN, UsageError
from ..here import standing
from .publish import URL, add_forge_access, bundle_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which text, and which pull request."""
    parser.description = (
        "Write a plan into the one comment of a pull request, or bring that comment up to date; the same text again "
        "changes nothing. It reads the file alone, so it can run where there is no checkout. The token is that of publish."
    )
    parser.add_argument(
        "file", metavar="FILE", help="the plan, as `nearedge plan --format markdown` wrote it"
    )
    parser.add_argument(
        "--pull-request", type=_number, required=True, metavar="NUMBER", help="on GitLab the merge request"
    )
    parser.add_argument(
        "--repository", required=True, metavar="URL", help="web address of the repository that it is in"
    )
    parser.add_argument(
        "--class",
        dest="plan_class",
        choices=("routine", "caution", "danger"),
        help="label it plan-routine, plan-caution or plan-danger, and take the other two away",
    )
    parser.add_argument(
        "--forge",
        choices=("github", "gitlab", "gitea"),
        help="what it is (default: as the host's name says); Forgejo is gitea",
    )
    parser.add_argument("--forge-url", metavar="URL", help="its web address, when it is below a path")
    add_forge_access(parser)


def run(options: argparse.Namespace) -> int:
    """Have the comment there."""
    import os

    from ...plan.plan_class import Level
    from ...publish.forges.choose import open_forge
    from ...publish.forges.pullrequest import LABELS, remark
    from ...publish.patience import Patience
    from ...publish.place import ForgeChoice, ForgeKind

    if not URL.fullmatch(options.repository):
        raise UsageError("--repository: a web address, such as https://git.example.com/acme/fleet")
    if options.forge_url and not URL.fullmatch(options.forge_url):
        raise UsageError("--forge-url: a web address, such as https://example.com/gitlab")
    text = _text(options.file)
    said = ForgeChoice(
        ForgeKind(options.forge) if options.forge else None, options.forge_url, bundle_of(options.ca_bundle)
    )
    forge = open_forge(options.repository, said, os.environ)
    level = Level(options.plan_class) if options.plan_class else None
    did = remark(forge, options.pull_request, text, level, Patience(options.max_wait))
    label = f", labelled {LABELS[level]}" if level else ""
    written = "written" if did == "opened" else did
    sys.stdout.write(
        f"comment with the plan {written} on {forge.name}, number {options.pull_request}{label}\n"
    )
    return CLEAN


def _text(given: str) -> str:
    """The plan.

    Raises:
        UsageError: there is no such file, or it holds something else.
    """
    from ...publish.forges.pullrequest import PLAN_MARK
    from ...report.plan.text import LIMIT, TITLE

    path = standing() / given
    if not path.is_file():
        raise UsageError(f"there is no file {given}")
    text = File(path).read_bytes().decode("utf-8", "replace")
    if not text.startswith(TITLE) or len(text) > LIMIT or PLAN_MARK in text:
        raise UsageError(f"{given} is no plan: nearedge plan --format markdown writes one")
    return text


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < len(text) <= 9 or int(text) == 0:  # noqa: PLR2004 - digits
        raise argparse.ArgumentTypeError(f"{text} is no number of a pull request")
    return int(text)
