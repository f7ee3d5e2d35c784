"""Signing in with accounts of other services: OpenID Connect, and OAuth2 as GitHub has it."""
