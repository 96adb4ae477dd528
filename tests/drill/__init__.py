"""The drill: breaks one thing after another on a running ring, and looks who is woken, how soon, and when it ends."""
