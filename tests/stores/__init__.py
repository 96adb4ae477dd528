"""The real Kafka and Redis that tests run on: containers where an engine answers, embedded ones where none does."""
