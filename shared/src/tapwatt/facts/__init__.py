"""What is said: the facts of a session, their envelope and bytes, their ids and topics."""
