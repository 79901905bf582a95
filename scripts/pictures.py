"""Take the pictures of docs/start.md anew: its commands are run in a folder, and Chromium shows what `report` wrote.

python -m scripts.pictures [CHROMIUM]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path as File

from .start_page import PAGE, Shown, walk

ROOT = File(__file__).parents[1]
FOLDER = ROOT / "docs/pictures"
VIEWS: Mapping[str, tuple[str, str]] = {
    "overview": ("report.html", ""),
    "plan": ("plan.html", "plan"),
    "rollout": ("report.html", "rollout"),
}
"""Picture -> the page that it shows, and what stands behind # in the address; in the order of the commands that write them."""
SIZE = "1200,800"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    f"--window-size={SIZE}",
)


def main(arguments: list[str]) -> int:
    """Run the page, and take a picture after each `nearedge report`."""
    chromium = arguments[0] if arguments else "/usr/bin/chromium"
    left = list(VIEWS.items())

    def seen(item: Shown, printed: str, at: File) -> None:
        sys.stdout.write(f"$ {item.line}\n{printed}")
        if item.line.startswith("nearedge report"):
            name, (page, view) = left.pop(0)
            target = f"{(at / page).as_uri()}#/{view}"
            given = [chromium, *FLAGS, f"--screenshot={FOLDER / name}.png", target]
            subprocess.run(given, check=True, capture_output=True, timeout=120)

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        walk((ROOT / PAGE).read_text("utf-8"), File(folder), seen)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
