"""Programs for one machine: the supervisor of `make run`, and Redis, PostgreSQL and a browser if they are missing."""
