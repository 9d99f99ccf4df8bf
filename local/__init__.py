"""What brings up one machine: the supervisor of `make run`; Redis, PostgreSQL and a browser where none is."""
