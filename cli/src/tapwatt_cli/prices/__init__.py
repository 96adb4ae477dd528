"""What a tariff says and what a session costs; needs nothing running."""
