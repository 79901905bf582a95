"""A plan in words: text, Markdown and JSON.

Comes in: a `Plan`. Goes out: text. Not here: anything computed.
"""
