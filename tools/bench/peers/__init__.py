"""What others would write for the same way: feed pages in, events of the same size out, gzip, each answer checked.

Every program gets one argument, a file of JSON: where the feed and the destination are (`tools.bench.contenders`).
None has a store, windows, late rows or a catalogue: one class for all activities, and what fails is lost.
"""
