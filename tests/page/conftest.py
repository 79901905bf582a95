"""The page of the example fleet, made once."""

from __future__ import annotations

import pytest

from generator.page.fleet import Asked, FleetPage, page_of
from tests.conftest import ROOT


@pytest.fixture(scope="package")
def page() -> FleetPage:
    return page_of(ROOT, Asked(today="2026-11-29"))
