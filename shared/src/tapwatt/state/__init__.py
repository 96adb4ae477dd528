"""What a service remembers in Redis: a view of topics that can be thrown away and built anew."""
