"""Pages of subscriptions: subscribe, confirm, change, leave; links of digests; the preview."""

from broadsheet.delivery.web.mail import acting, preview, subscribing, webhook

ROUTERS = (preview.router, subscribing.router, acting.router, webhook.router)
