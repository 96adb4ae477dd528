"""The commands of `tapwatt`, one a module."""
