"""A service at work: one record after another, whatever goes wrong. It knows no Kafka library; `kafka` beneath does."""
