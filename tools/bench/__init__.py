"""The benchmarks, `python -m tools.bench`: CPU time, memory, latency. Compare ratios within one run; machines vary."""
