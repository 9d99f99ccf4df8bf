"""The product with a real worker, the real client and the sandbox."""
