"""Requests to Stripe about use: meters, their events, what they add up to, and its prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plg.billing.gateway_calls import Calls, Object, once
from plg.billing.refusals import PaymentRequestRefused, told


class MeterCalls(Calls):
    """Tell Stripe what was used."""

    def meters(self) -> list[Object]:
        """The active meters, newest first, at most a hundred."""
        with told():
            found = self._v1.billing.meters.list({"status": "active", "limit": 100})
            return [each.to_dict() for each in found.data]

    def create_meter(self, params: Mapping[str, Any], key: str) -> Object:
        """A new meter."""
        with told():
            return self._v1.billing.meters.create(params, once(key)).to_dict()

    def tell_use(self, params: Mapping[str, Any]) -> None:
        """A meter event; nothing happens where Stripe has one with its identifier."""
        try:
            with told():
                self._v1.billing.meter_events.create(params, once(f"plg:{params['identifier']}"))
        except PaymentRequestRefused as refused:
            if "already exists with identifier" not in refused.detail:
                raise

    def cancel_use(self, event_name: str, identifier: str) -> None:
        """Have a meter event of the last day count no more."""
        with told():
            params = {"event_name": event_name, "type": "cancel", "cancel": {"identifier": identifier}}
            self._v1.billing.meter_event_adjustments.create(params, once(f"plg:cancel:{identifier}"))

    def use_told(self, meter_id: str, customer_id: str, start: int, end: int) -> float:
        """What Stripe has counted of a customer's use (seconds since 1970, on full minutes)."""
        with told():
            window = {"customer": customer_id, "start_time": start, "end_time": end, "limit": 100}
            found = self._v1.billing.meters.event_summaries.list(meter_id, window)
            return float(sum(each.aggregated_value for each in found.data))

    def use_prices(self, lookup_keys: list[str]) -> list[Object]:
        """The active prices that hold these lookup keys, with their tiers, at most ten keys at a time."""
        with told():
            wanted = {"lookup_keys": lookup_keys, "active": True, "limit": 100, "expand": ["data.tiers"]}
            return [price.to_dict() for price in self._v1.prices.list(wanted).data]
