"""All of nearedge as it is in a process that has worked already: what `forked` forks from, and what forks need not do again.

Importing this is what does it, since a fork server takes modules only.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil

import generator
from generator.disk.contents import contents_once
from generator.facts.files import CODE, PACKAGE
from generator.facts.profiles import profiles
from generator.fleet.kinds import document_models
from generator.rules.load import cluster_rules, fleet_rules

for module in pkgutil.walk_packages(generator.__path__, "generator."):
    # Commands import when they need it, and one that runs when it is imported is a program of its own.
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as missing:
        # What an extra brings need not be there, and a fork server goes on in silence without all that comes after this.
        if (missing.name or "").startswith("generator"):
            raise
for model in document_models().values():
    model.model_rebuild()
profiles()
contents_once(PACKAGE, CODE)
cluster_rules()
fleet_rules()
# Neither looked through nor copied in any fork.
gc.collect()
gc.freeze()
