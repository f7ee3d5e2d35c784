"""Endpoints of people and of what they do; one file per noun."""

from broadsheet.delivery.api.people import (
    claims,
    collections,
    comments,
    library,
    me,
    moderation,
    notifications,
    private_feeds,
    submissions,
    votes,
    webhooks,
)

ROUTERS = (
    me.router,
    votes.router,
    library.router,
    comments.router,
    submissions.router,
    claims.router,
    collections.router,
    moderation.router,
    notifications.router,
    private_feeds.router,
    webhooks.router,
)
"""All of them before the endpoints of papers, whose addresses take any path."""
