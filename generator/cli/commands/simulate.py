"""`nearedge rollout simulate`: what is assumed, and the hours that come of it."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from ..day import add_today, today
from ..exits import CLEAN, FOUND, UsageError
from ..here import root_of

if TYPE_CHECKING:
    from ...rollout.fleet import CommitSpecs
    from ...rollout.simulation.simulate import ClusterDownload, Settings

_START = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is rolled out, and under which conditions."""
    add_today(parser)
    parser.add_argument("--to", metavar="COMMIT", help="roll this out (default: the main branch)")
    parser.add_argument(
        "--base", metavar="REF", help="roll out the specs on disk instead, compared with this branch"
    )
    parser.add_argument(
        "--start",
        type=_start,
        metavar="YYYY-MM-DDTHH:MM",
        help="when the first ring moves, UTC (default: --today, 08:00)",
    )
    parser.add_argument(
        "--soak", type=duration, default=0, metavar="24h", help="pause between two rings (default: none)"
    )
    parser.add_argument(
        "--concurrency", type=_count, metavar="N", help="sites that transfer at a time (default: all)"
    )
    parser.add_argument(
        "--uplink", type=_bandwidth, metavar="1Gbit", help="what all sites get together (default: no limit)"
    )
    parser.add_argument(
        "--image-size",
        type=_bytes,
        default=0,
        metavar="2Gi",
        help="assumed for images, whose size only a registry knows",
    )
    parser.add_argument(
        "--ignore-windows", action="store_true", help="transfer at once, also outside of maintenance windows"
    )
    parser.add_argument(
        "--fail", action="append", default=[], metavar="CLUSTER", help="this site fails; may be repeated"
    )
    parser.add_argument(
        "--tolerate", type=int, default=0, metavar="N", help="sites of a ring that may fail (default: 0)"
    )


def run(options: argparse.Namespace) -> int:
    """Simulate and show."""
    from ...rollout.fleet import specs_of
    from ...rollout.history import no_such, repository, resolved
    from ...rollout.place import main_branch
    from ...rollout.position import positions
    from ...rollout.report import times
    from ...rollout.simulation.loads import of_disk, to_commit
    from ...rollout.simulation.simulate import simulate
    from ..progress import Watch

    repo, watch = repository(root_of(options)), Watch()
    ref = options.to or main_branch(repo, options.head, options.remote).ref
    target = resolved(repo, ref)
    if target is None:
        raise no_such(repo, ref)
    specs = specs_of(repo, target)
    _known(options.fail, specs)
    rings = [ring.name for ring in specs.rings]
    if options.base:
        loads = of_disk(repo, specs, options.base, options.image_size, watch.progress)
    else:
        head = resolved(repo, main_branch(repo, options.head, options.remote).ref) or target
        at = positions(repo, specs.rings, head, options.remote)
        loads = to_commit(repo, at, target, options.image_size, watch.progress)
    watch.end()
    found = simulate(loads, rings, _settings(options, specs))
    if options.format == "json":
        sys.stdout.write(times.as_json(found))
    else:
        sys.stdout.write(times.as_text(found, list(_assumed(options, loads))))
    return CLEAN if found.end is not None else FOUND


def _known(failed: list[str], specs: CommitSpecs) -> None:
    from ...documents.near import suggestion

    for name in failed:
        if name not in specs.places:
            raise UsageError(f"--fail: there is no cluster {name}{suggestion(name, specs.places)}")


def _settings(options: argparse.Namespace, specs: CommitSpecs) -> Settings:
    from datetime import UTC, datetime

    from ...components.kit.runtime import seconds
    from ...hub.delivery.argocd import jitter
    from ...rollout.simulation.simulate import Settings

    delivery = specs.shared.fleet.delivery
    start = options.start or f"{today(options)}T08:00"
    at = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp())
    return Settings(
        start=at,
        poll=seconds(delivery.pollInterval) + jitter(delivery),
        soak=options.soak,
        concurrency=options.concurrency,
        uplink=options.uplink,
        use_windows=not options.ignore_windows,
        failed=frozenset(options.fail),
        tolerate=options.tolerate,
    )


def _assumed(options: argparse.Namespace, loads: tuple[ClusterDownload, ...]) -> list[str]:
    from ...report.plan.words import size

    images = f"{size(options.image_size)} each" if options.image_size else "not counted (--image-size)"
    found = [f"images, whose size only their registry knows: {images}"]
    bare = sum(load.size > 0 and load.rate is None for load in loads)
    if bare:
        found.append(f"{bare} sites declare no bandwidth: they are done as soon as they have asked")
    return found


def _start(text: str) -> str:
    from datetime import datetime

    try:
        if _START.fullmatch(text):
            return datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text} is no moment such as 2027-01-04T08:00")


def duration(text: str) -> int:
    """Seconds of a duration such as 24h or 1h30m."""
    from ...components.kit.runtime import seconds

    if not re.fullmatch(r"([0-9]{1,6}[hms])+", text):
        raise argparse.ArgumentTypeError(f"{text} is no duration such as 24h or 1h30m")
    return seconds(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"{text} is no number of sites")
    return int(text)


def _bandwidth(text: str) -> int:
    from ...fit.transfer import bits_per_second

    try:
        return int(bits_per_second(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}: say 1Gbit or 500Mbit") from None


def _bytes(text: str) -> int:
    from ...fit.memory import whole_bytes

    try:
        return whole_bytes(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 2Gi") from None
