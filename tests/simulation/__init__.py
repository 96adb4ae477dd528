"""The simulator in one process: the whole ring on models of Kafka, Redis and the provider, with unforeseen dice."""
