"""Pages of subscriptions: subscribe, confirm, change, leave; links of digests; the preview."""

from broadsheet.delivery.web.mail import acting, own, preferring, preview, subscribing, webhook

ROUTERS = (
    preview.router,
    subscribing.router,
    preferring.router,
    own.router,
    acting.router,
    webhook.router,
)
