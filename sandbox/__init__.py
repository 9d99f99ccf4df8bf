"""A local Instagram for tests and for trying the product. A real deployment never loads it."""
