return whole() and 1 or 0
