"""The programs that nearedge runs: where they are, and the one way to start them.

Comes in: a name and arguments. Goes out: what the program printed. Not here: what is asked of it.
"""
