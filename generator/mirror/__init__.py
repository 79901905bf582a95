"""Air gap: what the clusters of a fleet pull, as files for those who carry it there (`nearedge mirror`).

    specs (of now, or of a commit) -> Content of each place -> image set, mirror set, models lock, delta

Everything is taken from what the components and the hub emit, so nothing has to be rendered first.

Comes in: compiled clusters. Goes out: files for those who carry images and models. Not here: fetching anything.
"""
