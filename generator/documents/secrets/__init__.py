"""Credentials in specs, where only names of Secrets belong.

Comes in: the text of a spec. Goes out: findings. Not here: credentials that a fleet names rightly.
"""
