"""The client of Anthropic's APIs: pages, retries, refusals, budget, time."""
