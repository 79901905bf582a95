"""What Git holds: the specs of a commit, and git as the user has it.

Comes in: a repository and a revision. Goes out: bytes of files. Not here: pushing and pull requests, which are
publish/.
"""
