"""The price sheet's words, a file for each language."""
