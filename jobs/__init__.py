"""All that runs in a worker or in the clock."""
