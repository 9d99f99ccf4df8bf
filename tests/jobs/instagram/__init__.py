"""The real client against the sandbox."""
