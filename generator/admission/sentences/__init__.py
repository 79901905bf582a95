"""Verdicts in words: why a workload is not admitted, has no room, or waits for others, and what helps.

Comes in: what was found about workloads, queues and nodes. Goes out: sentences and hints. Not here: the finding out.
"""
