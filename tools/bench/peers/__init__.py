"""Alternative programs: feed pages in, events of the same size out, compressed, each response checked.

Each gets one argument, a JSON file with the addresses and credentials (`tools.bench.contenders`). None has a store,
windows, late rows or a catalogue: all activities get one class, and failed events are lost.
"""
