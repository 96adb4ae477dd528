"""The commands about prices, one module each."""
