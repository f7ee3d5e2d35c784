"""Rules of subscriptions: when a digest is due, what may stand in it, links that need no sign-in.

Pure functions: no rows, no pages, no mail.
"""
