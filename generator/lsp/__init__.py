"""What an editor asks of a fleet: findings while somebody types, completion, hover, definitions, rename, mends.

Comes in: spec files as they are in an editor, over those on disk. Goes out: plain values with lines and columns.
Not here: writing files and running programs, which nothing of this does; and how an edit is cut, which is edit/.
`protocol/` alone speaks the Language Server Protocol.
"""
