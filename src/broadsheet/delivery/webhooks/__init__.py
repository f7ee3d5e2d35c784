"""Webhooks: new papers of a list, posted to addresses as Standard Webhooks has it."""
