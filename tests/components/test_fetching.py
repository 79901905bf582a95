"""A load that a line ends: what is here stays, the rest is fetched, and the script waits as long as the site may."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from generator.components.models import MODELS, claims_of
from generator.components.models.emit import FETCH, SCRIPTS
from generator.fleet.member import member_of
from tests.components.test_models import cluster, item, model, of_kind, units
from tests.conftest import ROOT

WEIGHTS = bytes(range(256)) * 64
SOURCE = "s3://acme/flan/7"


def program() -> ModuleType:
    found = importlib.util.spec_from_file_location("fetch_model", ROOT / "generator/templates/fetch_model.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    # Its dataclass looks itself up there.
    __import__("sys").modules["fetch_model"] = module
    found.loader.exec_module(module)
    return module


class Refused(Exception):
    """What boto3 raises when the bucket says no."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.response = {"Error": {"Code": str(status)}, "ResponseMetadata": {"HTTPStatusCode": status}}


class Bucket:
    """The part of an S3 client that the program uses; `breaks` says after how many bytes the line ends."""

    class exceptions:  # noqa: N801 - its name in boto3
        ClientError = Refused

    def __init__(self, objects: dict[str, bytes], breaks: int | None = None) -> None:
        self.objects, self.breaks = objects, breaks
        self.sent: list[tuple[str, int]] = []
        self.denied = 0

    def get_paginator(self, name: str) -> Bucket:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        if self.denied:
            raise Refused(self.denied)
        keys = sorted(key for key in self.objects if key.startswith(f"{Bucket}/{Prefix}"))
        for key in keys:
            data = self.objects[key]
            name = key.removeprefix(f"{Bucket}/")
            yield {"Contents": [{"Key": name, "Size": len(data), "ETag": f'"{hash(data)}"'}]}

    def get_object(self, *, Bucket: str, Key: str, IfMatch: str, Range: str = "bytes=0-") -> dict[str, Any]:  # noqa: N803
        data = self.objects[f"{Bucket}/{Key}"]
        assert f'"{hash(data)}"' == IfMatch
        begin = int(Range.removeprefix("bytes=").rstrip("-"))
        self.sent.append((Key, begin))
        return {"Body": Body(data[begin:], self.breaks)}


class Body:
    def __init__(self, data: bytes, breaks: int | None) -> None:
        self.data, self.breaks = data, breaks

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        yield self.data[: self.breaks] if self.breaks is not None else self.data
        if self.breaks is not None and self.breaks < len(self.data):
            raise ConnectionError(size)


def fetched(bucket: Bucket, folder: Path, source: str = SOURCE) -> dict[str, bytes]:
    found = program()
    found.fetch(found.in_bucket(source, bucket), folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


OBJECTS = {
    "acme/flan/7/config.json": b"{}",
    "acme/flan/7/weights/model": WEIGHTS,
    "acme/flan/7/empty": b"",
    "acme/flan/77/other": b"of another version",
}


def test_a_transfer_goes_on_within_a_file(tmp_path: Path) -> None:
    bucket = Bucket(OBJECTS, breaks=1000)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            fetched(bucket, tmp_path)
    bucket.breaks = None
    assert fetched(bucket, tmp_path) == {"config.json": b"{}", "weights/model": WEIGHTS}
    # What was whole is not asked for again, and of the other nothing is sent twice.
    starts = [begin for key, begin in bucket.sent if key.endswith("model")]
    assert starts == [0, 1000, 2000]
    assert sum(key.endswith("config.json") for key, _ in bucket.sent) == 1


def test_another_content_begins_anew(tmp_path: Path) -> None:
    bucket = Bucket(dict(OBJECTS), breaks=1000)
    with pytest.raises(ConnectionError):
        fetched(bucket, tmp_path)
    bucket.objects["acme/flan/7/weights/model"], bucket.breaks = WEIGHTS[::-1], None
    assert fetched(bucket, tmp_path)["weights/model"] == WEIGHTS[::-1]


def test_patterns_choose_and_a_single_archive_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("inside"), io.BytesIO())
    bucket = Bucket({"acme/flan.tgz": packed.getvalue()})
    assert fetched(bucket, tmp_path / "a", "s3://acme/flan.tgz") == {"inside": b""}
    monkeypatch.setenv("STORAGE_IGNORE_PATTERNS", '["weights/*"]')
    assert list(fetched(Bucket(OBJECTS), tmp_path / "b")) == ["config.json"]


@pytest.mark.parametrize(("status", "code"), [(403, 2), (404, 2), (503, 1), (429, 1)])
def test_only_what_will_not_help_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    found, bucket = program(), Bucket(OBJECTS)
    bucket.denied = status
    monkeypatch.setattr(found, "connect", lambda: bucket)
    monkeypatch.setattr("sys.argv", ["fetch.py", SOURCE, str(tmp_path)])
    assert found.main() == code


@pytest.mark.parametrize("name", ["../out", "a//b", "./a"])
def test_a_name_does_not_leave_the_folder(tmp_path: Path, name: str) -> None:
    found = program()
    remotes = found.in_bucket(SOURCE, Bucket({f"acme/flan/7/{name}": b"x"}))
    with pytest.raises(found.RefusedError):
        found.fetch(remotes, tmp_path)


LINE = {"mode": "intermittent", "longestOutage": "2h"}


def load_script(tmp_path: Path, answers: list[str], **sections: Any) -> tuple[int, list[str]]:
    """Run `fetch` of load.sh; each try of the transfer does what the next answer says. Exit code and pauses."""
    (unit,) = units(model(source=SOURCE, checksums={}), item(), **sections)
    text = of_kind(unit, "ConfigMap")["data"]["load.sh"]
    bins = tmp_path / "bin"
    bins.mkdir()
    (tmp_path / "answers").write_text("".join(f"{line}\n" for line in answers))
    tries = f"""#!/bin/sh
line=$(head -n 1 {tmp_path}/answers)
sed -i 1d {tmp_path}/answers
eval "$line"
"""
    # A clock that the pauses move.
    (tmp_path / "clock").write_text("0")
    pause = f'#!/bin/sh\necho $(($(cat {tmp_path}/clock) + $1)) > {tmp_path}/clock\necho "$1" >> {tmp_path}/pauses\n'
    for name, body in (
        ("transfer", tries),
        ("sleep", pause),
        ("date", f"#!/bin/sh\ncat {tmp_path}/clock\n"),
    ):
        (bins / name).write_text(body)
        (bins / name).chmod(0o755)
    for there, here in (
        (FETCH, str(bins / "transfer")),
        (SCRIPTS, str(tmp_path)),
        ("/mnt/models", str(tmp_path)),
    ):
        text = text.replace(there, here)
    (tmp_path / "load.sh").write_text(text)
    ran = subprocess.run(
        ["sh", str(tmp_path / "load.sh"), "fetch"],
        check=False,
        capture_output=True,
        env={"PATH": f"{bins}:/usr/bin:/bin"},
    )
    pauses = tmp_path / "pauses"
    return ran.returncode, pauses.read_text().split() if pauses.exists() else []


def test_an_outage_is_waited_for_and_what_is_here_stays(tmp_path: Path) -> None:
    grows = 'head -c 9000 /dev/zero >> "$2/part"; exit 1'
    code, pauses = load_script(
        tmp_path, [grows, "exit 1", grows, "exit 1", 'test -s "$2/part"'], connectivity=LINE
    )
    assert code == 0
    # Each time that something arrived the pauses are short again.
    assert pauses == ["10", "20", "10", "20"]


def test_a_load_gives_up_after_the_longest_outage_and_at_once_where_it_is_refused(tmp_path: Path) -> None:
    code, pauses = load_script(tmp_path, ["exit 1"] * 99, connectivity=LINE)
    assert code == 1
    assert 2 * 3600 <= sum(map(int, pauses)) < 2 * 3600 + 300
    other = tmp_path / "refused"
    other.mkdir()
    assert load_script(other, ["exit 2"], connectivity=LINE) == (1, [])


def test_a_load_over_a_line_that_comes_and_goes_waits_a_day_where_nobody_says(tmp_path: Path) -> None:
    line = {"mode": "intermittent"}
    (tmp_path / "steady").mkdir()
    code, pauses = load_script(tmp_path, ["exit 1"] * 400, connectivity=line)
    assert code == 1
    assert 24 * 3600 <= sum(map(int, pauses)) < 24 * 3600 + 300
    # Where the line is always there, the Job tries again and not its script.
    assert load_script(tmp_path / "steady", ["exit 1"], connectivity={"mode": "continuous"}) == (1, [])
    # As long as the hub hears nothing of it before somebody is told.
    assert member_of(cluster(model(source=SOURCE), item(), connectivity=line)).silence == "24h"


def test_the_longest_outage_is_in_the_deadlines_and_in_the_name_of_the_base() -> None:
    plain, patient = (cluster(model(source=SOURCE), item(), **more) for more in ({}, {"connectivity": LINE}))
    jobs = [
        of_kind(next(iter(MODELS.units(found))), "Job")["spec"]["activeDeadlineSeconds"]
        for found in (plain, patient)
    ]
    assert jobs[1] - jobs[0] == 2 * 3600
    assert [claim.patience for claim in claims_of(patient)] == [7200]
    # A sync waits for it, so the time-out of syncs is longer as well.
    assert member_of(patient).longest - member_of(plain).longest == 2 * 3600
    keys = {next(iter(MODELS.units(found))).key for found in (plain, patient)}
    assert len(keys) == 2
