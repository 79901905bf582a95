"""What an assistant may ask of a fleet: list, show, explain, check, plan, rules. Nothing here writes.

Comes in: words of an assistant. Goes out: the JSON that the commands print, never more than it can take in. Not here: how
the answers come about, and anything that changes a file. `server.py` alone speaks the Model Context Protocol.
"""
