"""What a charging session costs by an OCPI tariff; a library of its own that needs no Kafka."""
