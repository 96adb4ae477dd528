"""What is true of the whole system, read off the log from outside the workers, and the exporter that tells it."""
