"""Takes what is owed out of the hold and lets the rest of it go."""
