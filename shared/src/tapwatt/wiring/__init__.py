"""Where a service is put together: its process, and what it opens before the first event is heard."""
