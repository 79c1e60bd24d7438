"""Muster as several real processes on one machine, and everything that can be done to them."""
