"""What the instances of a cluster's operators ask of it: volumes, by storage class."""

from __future__ import annotations

from typing import NamedTuple

from ...specs.quantity import parse
from ..kit.component import Cluster
from .install import installs
from .needs import chosen
from .terms import from_words


class Asked(NamedTuple):
    """Volumes of one size of an operator's instance."""

    operator: str
    number: int
    size: str
    storage_class: str | None
    """The default one of the cluster where nobody says; None where it has none."""

    @property
    def whole(self) -> int:
        """Bytes of all of them."""
        return self.number * int(parse(self.size))


def asked(cluster: Cluster) -> tuple[Asked, ...]:
    """The volumes of all operators that bring an instance with some."""
    usual = next((item.class_ for item in cluster.spec.storage if item.default), None)
    listed = chosen(cluster)
    made = {item.name for item in installs(cluster.profile.name, listed) if item.objects}
    found = ((name, from_words(words)[0]) for name, words in listed if name in made)
    return tuple(
        Asked(name, int(terms.replicas), terms.storage, terms.storage_class or usual)
        for name, terms in found
        if terms.replicas and terms.storage
    )
