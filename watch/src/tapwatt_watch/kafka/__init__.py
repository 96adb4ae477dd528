"""The one place here that asks Kafka: it follows topics, and asks how far groups have come."""
