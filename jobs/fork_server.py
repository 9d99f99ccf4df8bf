"""Imports of the fork server of isolated jobs, done once so that each job's process begins with them."""

import signal

from jobs.worker import preload
from jobs.worker_pool import end_with_parent

preload("sqlite://", "postgresql+psycopg://")

# A platform asks all processes to end together. The worker then waits for its running jobs, and they need this server.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
# Otherwise the server lives as long as any of its processes.
end_with_parent(signal.SIGKILL)
