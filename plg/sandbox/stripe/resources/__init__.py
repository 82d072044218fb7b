"""One file a resource of Stripe; this table is everything that can be asked of the stand-in."""

from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.resources import (
    catalogue,
    checkout,
    credit_notes,
    customers,
    discounts,
    disputes,
    events,
    invoices,
    payment_methods,
    payments,
    portal,
    portal_configurations,
    previews,
    refunds,
    setup_intents,
    subscription_requests,
    subscription_schedules,
    webhook_endpoints,
)

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *catalogue.OPERATIONS,
    *payment_methods.OPERATIONS,
    *checkout.OPERATIONS,
    *setup_intents.OPERATIONS,
    *subscription_requests.OPERATIONS,
    *subscription_schedules.OPERATIONS,
    *discounts.OPERATIONS,
    *previews.OPERATIONS,
    *invoices.OPERATIONS,
    *payments.OPERATIONS,
    *refunds.OPERATIONS,
    *credit_notes.OPERATIONS,
    *disputes.OPERATIONS,
    *portal.OPERATIONS,
    *portal_configurations.OPERATIONS,
    *events.OPERATIONS,
    *webhook_endpoints.OPERATIONS,
)
