"""The fleet's own rules (clusters/rules/, docs/own-rules.md), asked of specs and of what is rendered of them.

Comes in: `Shared.rules`, clusters as they are compiled. Goes out: findings at the line of the spec. Not here: CEL itself,
which cel/ has evaluated.
"""
