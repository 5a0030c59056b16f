"""Tests of the Admin API's lists and reports as events."""
