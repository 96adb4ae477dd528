"""What an operator runs: dead letters, audit, topics, receipts, publishing."""
