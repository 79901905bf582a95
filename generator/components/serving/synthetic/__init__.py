"""A question that a cluster asks each of its models again and again, and whose wrong answers are an alert.

Comes in: `check` of a server. Goes out: a CronJob with its data, and what it asks for. Not here: the alert (kit/alerts.py).
"""

from .demand import workloads
from .emit import cron_job_name, is_guarded, units

__all__ = ["cron_job_name", "is_guarded", "units", "workloads"]
