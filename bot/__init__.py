"""The domain of Troupe, in packages that docs/architecture.md draws as floors."""
