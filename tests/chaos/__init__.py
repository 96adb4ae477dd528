"""The chaos run: sessions flow on a whole ring while everything is killed, and the provider's ledger is the judge."""
