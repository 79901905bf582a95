"""From a value of a spec to the lines of output that it decides, and back.

Comes in: a path or a line. Goes out: `Trace`s and origins. Not here: how it is shown, which is report/.
"""
