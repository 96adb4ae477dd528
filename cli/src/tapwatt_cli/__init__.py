"""The `tapwatt` command."""
