"""What a fleet has, as rows: clusters, models, services, queues, images, operators, findings.

Comes in: the specs of a repository, and which clusters are meant. Goes out: frozen rows, sorted. Not here: how rows are
shown (`report/lists.py`).
"""
