"""CEL, as a Kubernetes API server evaluates it: by its own libraries, in a program of ours (program/).

Comes in: schema files, expressions, and what they are asked about. Goes out: what does not hold, in the API server's
words. Not here: which objects there are, and where in a spec a finding stands.
"""
