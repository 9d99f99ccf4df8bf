"""`make bench`: every measurement, one table each, both sides of a ratio in the same run."""

from tests.bench import lanes, step

step.main()
print()
lanes.main()
