"""Which metrics reach the hub: data/metrics.yaml, and what a fleet adds to it (data, not code)."""

from collections.abc import Collection
from functools import cache
from typing import Literal

from pydantic import Field

from ...facts.files import shipped_data
from ...specs.fleet import Observability
from ...specs.types import METRIC, Strictly, Text

Prometheus = Literal["user", "platform"]
PARTS = ("bucket", "count", "sum")


class Family(Strictly):
    """Metrics of one program, and who says that it has them."""

    source: Text = Field(description="Where upstream names them.")
    scraped: tuple[Prometheus, ...] = Field(
        alias="from", description="Which Prometheus of a cluster has them."
    )
    names: tuple[METRIC, ...] = Field((), description="Gauges and counters.")
    histograms: tuple[METRIC, ...] = Field((), description="Histograms, without their parts.")
    only: Literal["checks", "dashboards"] | None = Field(
        None, description="Sent where the fleet has this; always when left out."
    )
    selector: Text | None = Field(
        None, description="Labels of the series that are wanted; all when left out."
    )

    @property
    def series(self) -> tuple[str, ...]:
        """Names as Prometheus knows them."""
        return (*self.names, *(f"{name}_{part}" for name in self.histograms for part in PARTS))


@cache
def families() -> dict[str, Family]:
    """All metrics that we use, by the program that has them."""
    data = shipped_data("data/metrics.yaml")
    return {name: Family.model_validate(item) for name, item in data.items()}


def collected(
    prometheus: Prometheus, spec: Observability, features: Collection[str] = ()
) -> dict[str, list[str]]:
    """What is asked of one Prometheus of each cluster, in the form of ACM's lists: names, and names with labels.

    `metrics` of the fleet come from workloads; `features` are what the fleet has.
    """
    found = [
        item for item in families().values() if prometheus in item.scraped and item.only in {None, *features}
    ]
    names = {name for item in found if item.selector is None for name in item.series}
    names |= set(spec.metrics) if prometheus == "user" else set()
    matches = [
        f'__name__="{name}",{item.selector}' for item in found if item.selector for name in item.series
    ]
    return {"names": sorted(names), **({"matches": sorted(matches)} if matches else {})}
