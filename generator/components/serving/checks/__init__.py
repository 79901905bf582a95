"""Rules about model servers: what they name, what their fields may say, how they are started, placed and scaled.

In: a Cluster. Out: problems, at paths below `serving`. What an object looks like does not belong here.
"""
