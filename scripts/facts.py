"""Hold generator/data against upstream's own files: `make facts REPOS=folder`.

    fact_sources.yaml -> git show commit:file -> derived.py -> compared with generator/data -> report

REPOS has a clone of each repository that fact_sources.yaml names, bare or not, as <owner>+<name>, <owner>+<name>/repo or
<name>. Nothing is fetched and nothing is written: the report says what differs from the recorded commit, what upstream
says since, which channels have no platform here, and which facts are written by hand. Exit code: 0 all agrees, 1 a fact of
ours is not what upstream says at the recorded commit, 3 a repository is missing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from generator.facts.evidence import evidence, facts_of
from generator.facts.images import of_platform
from generator.facts.operators import operators, release_on
from generator.facts.profiles import profiles
from scripts import derived, fact_requests

SOURCES = Path(__file__).with_name("fact_sources.yaml")


class SourceMissing(Exception):
    """A repository or a file of it cannot be had."""


class Source(NamedTuple):
    """A file of upstream's, where it was read last."""

    repository: str
    ref: str
    commit: str
    file: str


def sources() -> dict[str, dict[str, Source]]:
    """Platform -> kind of source -> where it is."""
    said = yaml.safe_load(SOURCES.read_text("utf-8"))
    return {name: {kind: Source(**source) for kind, source in kinds.items()} for name, kinds in said.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """See above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("repos", type=Path, help="folder with a clone of each repository")
    parser.add_argument("platform", nargs="*", help="only these")
    options = parser.parse_args(argv)
    wrong = 0
    try:
        for name, kinds in sources().items():
            if not options.platform or name in options.platform:
                for line, bad in report(name, kinds, options.repos):
                    print(line)
                    wrong += bad
        for line, bad in (
            () if options.platform else fact_requests.report(lambda *of: shown(options.repos, *of))
        ):
            print(line)
            wrong += bad
    except SourceMissing as problem:
        print(f"facts: {problem}", file=sys.stderr)
        return 3
    print("\n".join(by_hand(sources())))
    return 1 if wrong else 0


def report(platform: str, kinds: Mapping[str, Source], repos: Path) -> Iterator[tuple[str, bool]]:
    """(line, whether it is a fault of ours) of one platform."""
    ours = said_of(platform)
    for kind, source in kinds.items():
        folder = clone(repos, source.repository)
        at_commit = read(kind, source, source.commit, folder, ours)
        where = f"{source.repository} {source.file} at {source.commit[:8]}"
        if not at_commit:
            yield f"{platform}  {kind}  nothing is said there: {where}", True
        for path, value in at_commit.items():
            if path in ours and not derived.agrees(ours[path], value):
                yield f"{platform}  {path}  ours {ours[path]}, theirs {value}: {where}", True
            elif path in ours:
                yield f"{platform}  {path}  {value}: {where}", False
        now = git(folder, "rev-parse", f"{source.ref}^{{commit}}").strip()
        if now != source.commit:
            yield f"{platform}  {kind}  {source.ref} is at {now[:8]} since", False
            yield from (
                (line, False) for line in news(platform, at_commit, read(kind, source, now, folder, ours))
            )
        if kind == "catalog":
            text = git(folder, "show", f"{now}:{source.file}")
            known = [
                str(said_of(name).get("channel")) for name, profile in profiles().items() if not profile.like
            ]
            if newer := derived.unknown_channels(derived.channels_of(text), known):
                yield f"{platform}  channels without a platform here: {', '.join(newer)}", False


def news(platform: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What upstream says otherwise since the recorded commit."""
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield f"{platform}  {path}  new upstream: {before.get(path, '-')} -> {after.get(path, '-')}"


def said_of(platform: str) -> dict[str, Any]:
    """What generator/data says: facts of the profile, the channel of its operator, its images."""
    profile = profiles()[platform]
    channel = release_on(operators()["opendatahub"], platform).channel
    images = {f"images.{name}": item.image for name, item in of_platform(platform).items() if not item.older}
    return {**dict(facts_of(profile)), **({"channel": channel} if channel else {}), **images}


def read(kind: str, source: Source, commit: str, folder: Path, ours: Mapping[str, Any]) -> derived.Facts:
    """What a source says at a commit."""
    if kind == "crds":
        found: derived.Facts = {}
        for file in derived.CRDS:
            found |= derived.of_crd(file, git(folder, "show", f"{commit}:{source.file}/{file}"))
        return found
    text = git(folder, "show", f"{commit}:{source.file}")
    return derived.of_catalog(text, ours["channel"]) if kind == "catalog" else derived.BY_FILE[kind](text)


def by_hand(known: Mapping[str, Mapping[str, Source]]) -> Iterator[str]:
    """Facts that no file here says, with what does."""
    paths = {
        "catalog": {"channel"},
        "crds": {*derived.CRDS.values(), "platform.components"},
        "types": {"platform.components"},
        "kserve": {"kserve.version"},
        "kuberay": {f"kuberay.{name}" for name in ("version", *(f"{it}NameLimit" for it in ("cluster", "job", "service")))},
        "kueue": {"kueue.version"},
    }  # fmt: skip
    made = {path for kinds in known.values() for kind in kinds for path in paths[kind]}
    for path, entry in evidence().profiles.items():
        if path not in made:
            yield f"by hand  {path}  {entry.source or entry.documents}"


def clone(repos: Path, repository: str) -> Path:
    """The clone of a repository.

    Raises:
        SourceMissing: there is none.
    """
    joined = repository.replace("/", "+")
    for folder in (repos / joined / "repo", repos / joined, repos / repository.partition("/")[2]):
        if (folder / "HEAD").is_file() or (folder / ".git").exists():
            return folder
    raise SourceMissing(f"{repos} has no clone of {repository}")


def shown(repos: Path, repository: str, revision: str, file: str) -> str:
    """The text of a file of a repository at a revision."""
    return git(clone(repos, repository), "show", f"{revision}:{file}")


def git(folder: Path, *words: str) -> str:
    """What git answers.

    Raises:
        SourceMissing: the clone does not hold what is asked.
    """
    done = subprocess.run(
        ["git", "-C", str(folder), *words],  # noqa: S607 - a maintainer's git, in clones of his own
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SourceMissing(f"{folder.name}: git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
