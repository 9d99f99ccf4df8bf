"""`python -m jobs.past`: a demo user whose days the product itself lives, by a simulated clock and in the sandbox."""
