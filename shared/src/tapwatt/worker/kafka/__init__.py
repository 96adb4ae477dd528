"""The one place that knows Faust and aiokafka."""
