"""Rows of mail: subscribers, what they were sent, the outbox; the rules are in `subscriptions`."""
