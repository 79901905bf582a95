"""What is read off the figures of Ray is what they say."""

from __future__ import annotations

from bench.measure import Run
from bench.ray_report import Seen, not_run, reading

MIB = 2**20


def seen(workers: int, seconds: float, cpu: float, far: float = 0.0) -> Seen:
    return Seen(10_000, "check", workers, Run(seconds, cpu, 90 * MIB, ""), far, 70 * MIB)


ROWS = (seen(0, 21, 40), seen(1, 41, 4, 44), seen(2, 24, 4.2, 45))


def test_what_stays_with_the_command_bounds_what_workers_bring() -> None:
    text = "".join(reading(ROWS, load=0.1, cores=2))
    assert "| 10,000 | check" in text.replace("|   10,000", "| 10,000")
    assert "40.0 s of CPU with processes; with Ray the command itself keeps 4.0 s" in text
    assert "at most 10.0 times as fast as one core" in text
    # 20 s are half of 40; of these 4 s stay; 44 s of work in the other 16 s take 2.75 workers.
    assert "more than 2 workers on cores of their own" in text
    assert "busy" not in text
    assert "cannot be faster" not in text


def test_no_number_of_workers_helps_what_mostly_stays() -> None:
    text = "".join(reading((seen(0, 5, 8), seen(4, 9, 4.5, 5)), load=3.0, cores=2))
    assert "longer than two cores of one machine with any number of workers" in text
    assert "busy with other work (3.0 processes on 2 cores" in text
    assert "so 4 workers cannot be faster than 2" in text


def test_what_was_not_measured_is_said() -> None:
    planned = [(10_000, "check", 0), (10_000, "check", 1), (10_000, "check", 2), (50_000, "render", 4)]
    assert "".join(not_run(ROWS, planned)).endswith(
        "Stopped before: render of 50,000 clusters, ray, 4 workers.\n"
    )
    assert "".join(not_run(ROWS, planned[:3])) == ""
