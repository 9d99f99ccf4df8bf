"""The processes worker and clock."""
