"""What `nearedge init` finds and asks before it writes: the folder, its Git, the forge of the remote, a person's wishes.

Comes in: arguments, a folder, answers. Goes out: a Start, and sentences on what is next. Not here: the files of a new fleet
(edit/init.py).
"""
