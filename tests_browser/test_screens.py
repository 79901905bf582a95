"""Pictures of the page against those that somebody looked at, with Debian's Chromium and DejaVu fonts."""

from __future__ import annotations

from functools import reduce
from io import BytesIO
from pathlib import Path as File

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser

from tests_browser.conftest import Opened

EXPECTED = File(__file__).parent / "expected"
COLOURS = 96
"""Of a picture as it is kept, which makes it a third as large."""
FAR = 60
"""From which difference of a channel a pixel is another one."""
MOST = 0.02
"""Share of pixels that may be others: ids of commits, a new field, another release of the browser."""
SCREENS = (
    ("plan", "plan", "light"),
    ("overview", "overview", "light"),
    ("placement", "placement", "dark"),
    ("capacity", "capacity?sort=any", "light"),
    ("capacity-dark", "capacity", "dark"),
    ("rollout", "rollout", "light"),
    ("cluster", "cluster/store-002", "light"),
)


@pytest.mark.parametrize("screen", SCREENS, ids=[name for name, _, _ in SCREENS])
def test_it_looks_as_it_did(
    browser: Browser, plan_page: File, request: pytest.FixtureRequest, screen: tuple[str, str, str]
) -> None:
    name, place, scheme = screen
    context = browser.new_context(viewport={"width": 1200, "height": 760}, color_scheme=scheme)
    opened = Opened(context.new_page(), plan_page)
    taken = Image.open(BytesIO(opened.at(place).screenshot())).convert("RGB")
    context.close()
    kept = EXPECTED / f"{name}.png"
    if request.config.getoption("--update-screens"):
        EXPECTED.mkdir(exist_ok=True)
        taken.quantize(COLOURS, dither=Image.Dither.NONE).save(kept, optimize=True)
    expected = Image.open(kept).convert("RGB")
    assert taken.size == expected.size
    differ = ImageChops.difference(taken, expected)
    worst = reduce(ImageChops.lighter, differ.split()).histogram()
    far = sum(worst[FAR + 1 :]) / sum(worst)
    assert far < MOST
