"""What the forwarder costs: `python -m tools.bench`. CPU seconds of one run; machines are noisy, ratios are not."""
