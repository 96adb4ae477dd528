"""Works out what a charging session costs, line by line, from the tariff the driver was shown."""
