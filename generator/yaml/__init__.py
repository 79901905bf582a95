"""YAML as text: the strict reader for people's files, the fast one for our own, and the one writer.

Comes in: text. Goes out: plain data with positions, and text again. Not here: what the data means.
"""
