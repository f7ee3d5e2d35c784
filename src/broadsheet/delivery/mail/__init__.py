"""Mail: digests and letters composed, and handed to a mail server, each once."""
