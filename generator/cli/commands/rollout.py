"""`nearedge rollout`: where the rings are, and how they move."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND
from ..here import root_of
from ..progress import colour
from ..root import add_root
from ..writing import writing
from . import simulate

if TYPE_CHECKING:
    from ...publish.place import ForgeChoice
    from ...publish.remote import Remote
    from ...rollout.advance import Judged, Rollout
    from ...rollout.history import Repo
    from ...rollout.place import Main


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is done with which ring."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, text, declare, act in (
        (
            "status",
            "show which commit each ring holds, and which clusters differ from the main branch",
            _of_status,
            _status,
        ),
        ("advance", "move a ring forward to a commit that the ring before holds", _of_advance, _advance),
        ("rollback", "move a ring back to the commit that it held before", _of_rollback, _rollback),
        ("simulate", "show how long a change takes on every site, ring by ring", _of_simulate, simulate.run),
    ):
        action = actions.add_parser(name, help=text, description=text)
        add_root(action, argparse.SUPPRESS)
        declare(action)
        action.set_defaults(act=act)


def run(options: argparse.Namespace) -> int:
    """Do one of the actions."""
    return int(options.act(options))


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remote", default="origin", metavar="NAME", help="remote that clusters pull (default: origin)"
    )
    parser.add_argument(
        "--head", metavar="REF", help="the main branch (default: the remote's default branch)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to show it")


def _of_status(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument(
        "--fetch", action="store_true", help="ask the remote first; else this clone tells what it knows"
    )


def _of_advance(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    add_today(parser)
    parser.add_argument("ring", metavar="RING", help="ring to move")
    parser.add_argument(
        "--to",
        metavar="COMMIT",
        help="where to (default: what the ring before holds; the first ring: the main branch)",
    )
    parser.add_argument(
        "--acknowledge",
        action="append",
        default=[],
        metavar="CODE[/CLUSTER]",
        help="accept a kind of danger; may be repeated",
    )
    parser.add_argument(
        "--soak",
        type=simulate.duration,
        default=0,
        metavar="24h",
        help="refuse while the ring before has had it for less (default: 0s)",
    )
    parser.add_argument("--dry-run", action="store_true", help="judge and show; ask nobody, move nothing")
    parser.add_argument(
        "--pull-request", action="store_true", help="open a pull request into the ring's branch instead"
    )


def _of_rollback(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("ring", metavar="RING", help="ring to move")
    parser.add_argument(
        "--to", metavar="COMMIT", help="where to (default: the commit that the ring held before)"
    )
    parser.add_argument(
        "--unproven", action="store_true", help="go back although the output there does not pass its proof"
    )
    parser.add_argument("--dry-run", action="store_true", help="show what it does; ask nobody, move nothing")
    parser.add_argument(
        "--pull-request", action="store_true", help="open a pull request into the ring's branch instead"
    )


def _status(options: argparse.Namespace) -> int:
    from ...rollout.history import repository
    from ...rollout.report import status as status_text
    from ...rollout.report import status_json
    from ...rollout.status import status

    root = root_of(options)
    repo = repository(root)
    main = _main(options, repo, offline=not options.fetch)
    remote = _opened(repo, main) if options.fetch else None
    if remote is not None:
        _ask(repo, main, remote)
    found = status(root, main.ref, options.remote)
    asked = _asked(repo, main)
    if options.format == "json":
        sys.stdout.write(status_json.status_json(found, asked))
    else:
        sys.stdout.write(status_text.as_text(found, _freshness(main, asked, fetched=options.fetch)))
    return CLEAN


def _main(options: argparse.Namespace, repo: Repo, *, offline: bool) -> Main:
    """The main branch; where this clone does not know it, the remote is asked unless `offline`."""
    from ...rollout.place import main_branch

    def asked() -> str | None:
        from ...flow.read import read
        from ...publish.place import UNSAID
        from ...publish.remote import default_branch, open_remote

        # Which token the remote may be shown can stand in fleet.yaml.
        shared = read(repo.root)[1]
        said = UNSAID.over(shared.fleet.repository) if shared else UNSAID
        return default_branch(open_remote(repo.root, options.remote, said))

    return main_branch(repo, options.head, options.remote, None if offline else asked)


def _asked(repo: Repo, main: Main) -> str | None:
    from datetime import UTC, datetime

    from ...rollout.place import last_asked

    at = last_asked(repo, main.remote) if main.remote else None
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%MZ") if at else None


def _freshness(main: Main, asked: str | None, *, fetched: bool) -> str:
    if main.remote is None:
        return "this clone has no such remote: its own branches are shown"
    if fetched:
        return f"{main.remote} was asked just now"
    when = f"at {asked}" if asked else "never"
    return f"{main.remote} was last asked {when}; --fetch asks it now"


def _opened(repo: Repo, main: Main) -> Remote | None:
    from ...publish.remote import open_remote

    return open_remote(repo.root, main.remote, _said(repo, main)) if main.remote else None


def _said(repo: Repo, main: Main) -> ForgeChoice:
    """What the fleet says of its forge, where this clone has a fleet to read."""
    from ...publish.place import UNSAID
    from ...rollout.fleet import NoFleet, forge_of_fleet, shared_of
    from ...rollout.history import resolved

    head = resolved(repo, main.ref)
    try:
        return forge_of_fleet(shared_of(repo, head)) if head else UNSAID
    except NoFleet:
        return UNSAID


def _ask(repo: Repo, main: Main, remote: Remote) -> None:
    """Fetch the main branch, and the branches of the rings that it knows."""
    from ...git.remote_head import BRANCH, TRACKED
    from ...rollout.fleet import shared_of
    from ...rollout.history import resolved
    from ...rollout.refs import fetched

    fetched(remote, [main.branch])
    tracked = f"{TRACKED}{remote.name}/{main.branch.removeprefix(BRANCH)}"
    head = resolved(repo, tracked) or resolved(repo, main.ref)
    rings = shared_of(repo, head).fleet.delivery.rings if head else ()
    fetched(remote, [ring.revision for ring in rings if ring.revision.startswith("refs/heads/")])


def _known(options: argparse.Namespace) -> tuple[Rollout, Remote | None]:
    """All rings as they are now; as this clone knows them in a dry run."""
    from ...rollout.advance import Rollout
    from ...rollout.fleet import forge_of_fleet, specs_of
    from ...rollout.history import no_such, repository, resolved
    from ...rollout.position import positions
    from ...rollout.soak import NO_SOAK, Soak
    from ..progress import Watch

    repo = repository(root_of(options))
    main = _main(options, repo, offline=options.dry_run)
    remote = _opened(repo, main)
    if remote is not None and not options.dry_run:
        _ask(repo, main, remote)
    head = resolved(repo, main.ref)
    if head is None:
        raise no_such(repo, main.ref)
    specs = specs_of(repo, head)
    rings = positions(repo, specs.rings, head, options.remote)
    day = today(options) if "today" in options else ""
    soak = Soak(options.soak, time.time()) if "soak" in options else NO_SOAK
    return Rollout(repo, rings, head, forge_of_fleet(specs.shared), Watch().progress, day, soak), remote


def _target(known: Rollout, said: str | None) -> str | None:
    from ...rollout.history import no_such, resolved

    if said is None:
        return None
    commit = resolved(known.repo, said)
    if commit is None:
        raise no_such(known.repo, said)
    return commit


def _advance(options: argparse.Namespace) -> int:
    with _alone(options):
        return _moved_forward(options)


def _rollback(options: argparse.Namespace) -> int:
    with _alone(options):
        return _moved_back(options)


def _alone(options: argparse.Namespace) -> AbstractContextManager[None]:
    """Nobody else writes here from the first look to the move, unless nothing is moved."""
    return nullcontext() if options.dry_run else writing(root_of(options))


def _moved_forward(options: argparse.Namespace) -> int:
    from ...rollout.advance import find, forward, next_target

    known, remote = _known(options)
    place = find(known.rings, options.ring)
    target = _target(known, options.to) or next_target(known.rings, place, known.head)
    judged = forward(known, place, target, options.acknowledge)
    return _carried_out(options, known, judged, remote)


def _moved_back(options: argparse.Namespace) -> int:
    from ...rollout.advance import backward, find

    known, remote = _known(options)
    place, target = find(known.rings, options.ring), _target(known, options.to)
    judged = backward(known, place, target, unproven=options.unproven)
    return _carried_out(options, known, judged, remote)


def _carried_out(options: argparse.Namespace, known: Rollout, judged: Judged, remote: Remote | None) -> int:
    from ...rollout.report import move as move_text
    from ...rollout.report import status_json

    held = bool(judged.refused or judged.open)
    quiet = held or options.dry_run or judged.idle
    done = None if quiet else _moved(options, known, judged, remote)
    if options.format == "json":
        sys.stdout.write(status_json.move_json(judged, done[0] if done else None))
        return FOUND if held else CLEAN
    sys.stdout.write(move_text.as_text(judged, colour=colour(sys.stdout)))
    if held:
        sys.stdout.write("\nnothing was moved")
        accept = move_text.wanted(judged)
        sys.stdout.write(f"; to accept the dangers: {accept}\n" if accept and not judged.refused else "\n")
        return FOUND
    if done is not None:
        sys.stdout.write(f"\n{done[1]}\n")
    elif not judged.idle:
        sys.stdout.write("\nnothing was moved (--dry-run)\n")
    return CLEAN


def _moved(
    options: argparse.Namespace, known: Rollout, judged: Judged, remote: Remote | None
) -> tuple[str, str]:
    """The commit that was made, and where it went."""
    from ...rollout.refs import propose_step, push

    ring = judged.move.was.ring
    if options.pull_request or ring.advance == "pull-request":
        asked = propose_step(known.repo, judged, remote, known.forge)
        return asked.commit, f"pull request {asked.url} {asked.did}: {ring.name} moves when it is merged"
    done = push(known.repo, judged, remote)
    return done.commit, f"{done.ref} is at {done.commit[:12]} on {done.place}"


def _of_simulate(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    simulate.arguments(parser)
