"""A real Kafka and a real Redis as child processes of one folder, without containers or root."""
