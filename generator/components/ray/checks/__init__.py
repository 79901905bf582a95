"""Rules about RayClusters, RayJobs and RayServices.

Comes in: a `Cluster`. Goes out: problems. Not here: rules about models, which stand with them.
"""
