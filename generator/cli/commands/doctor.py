"""`nearedge doctor`: what this machine and this repository lack, and what to do."""

from __future__ import annotations

import argparse
import sys

from ..exits import CLEAN, ENVIRONMENT
from ..here import root_of
from ..proof import shared_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    """How to show it."""
    parser.description = (
        "Look at Python, kustomize, kubeconform, nearedge-cel, git, the schemas, the caches and the repository: where each is, "
        "which version, and what to do where one is missing. Changes nothing. Exit code 0: nearedge render can prove; else 3."
    )
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="text or json")


def run(options: argparse.Namespace) -> int:
    """Look, and say it; 3 where `render` cannot prove."""
    from ...doctor.item import missing
    from ...doctor.look import looked
    from ...report.doctor import doctor_json, doctor_text
    from .merge import SETTINGS

    root = root_of(options)
    items = tuple(looked(root, shared_folder(root), SETTINGS["merge.nearedge.driver"]))
    sys.stdout.write(doctor_json(items) if options.output == "json" else doctor_text(items))
    return ENVIRONMENT if missing(items) else CLEAN
