"""What is wrong with a spec, as values: rules, problems, findings, and the registry that rules enter themselves into.

Comes in: nothing. Goes out: `Finding` at its place, `Rule` by its code. Not here: what is right or wrong, which is
with what it is about.
"""
