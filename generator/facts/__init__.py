"""What nearedge knows of other projects, from `data/`: platform profiles, operators, images.

Comes in: files that came with nearedge. Goes out: frozen values with their sources. Not here: what follows from
them.
"""
