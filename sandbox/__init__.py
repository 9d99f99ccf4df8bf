"""A local Instagram for tests and for trying the product; a real deployment never loads it."""
