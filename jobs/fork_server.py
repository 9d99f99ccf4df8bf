"""What the fork server of isolated jobs imports once, so that each process of a job begins with all of it."""

import signal

from jobs.worker import preload
from jobs.worker_pool import end_with_parent

preload("sqlite://", "postgresql+psycopg://")

# A platform asks all processes to end at once. The worker then waits for its running jobs, which live as long as it.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
# By itself the server lives for as long as any of its processes does.
end_with_parent(signal.SIGKILL)
