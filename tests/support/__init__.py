"""Servers, browsers and counters that tests lean on."""
