"""How Kueue schedules: who is admitted with which flavors, and who waits behind whom, as its own walk has it.

Comes in: what is on offer, and contenders in the order in which they come. Goes out: what becomes of each. Not here: nodes,
verdicts and their sentences.

`assigner` gives the pod sets of one Workload their flavors, `ledger` knows who uses what and whom Kueue stops for whom
(`candidates` says who may be),
`scheduler` lets Workloads come one after the other, and `orders` in several orders.
"""
