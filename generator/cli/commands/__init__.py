"""One module for each command.

Comes in: parsed arguments. Goes out: an exit code, and what is printed. Not here: anything that another command
could use.
"""
