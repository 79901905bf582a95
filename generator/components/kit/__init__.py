"""What all components are made of: `Cluster`, `Unit`, `Component`, runtimes, pods, tolerations, alerts.

Comes in: a validated spec. Goes out: values that components fill. Not here: anything that one section alone needs.
"""
