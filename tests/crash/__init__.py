"""The crash matrix: every window of every service, every way to die there, every kind of provider."""
