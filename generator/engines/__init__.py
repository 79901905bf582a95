"""Engines that reach beyond this machine (flow/engine.py): jobs go out as texts and come back as values.

Comes in: a job and its files. Goes out: the results of its parts. Not here: what is done in a part, and today's processes.
"""
