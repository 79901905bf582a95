"""`python -m generator`: the command nearedge."""

from __future__ import annotations

import gc
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` looks for modules in the folder that somebody stands in first: those of a repository are not ours.
    del sys.path[0]

from .cli import main

if __name__ == "__main__":
    # A run ends before its garbage matters; looking for it takes a tenth of the time of a small change.
    gc.disable()
    code = main()
    gc.freeze()
    sys.exit(code)
