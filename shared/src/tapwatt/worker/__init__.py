"""Runs a service's handlers over Kafka and loses nothing: the one place that knows Faust and the consumer."""
