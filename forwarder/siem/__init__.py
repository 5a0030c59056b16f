"""What the commands for every SIEM share: checks of a setup, the test cases of the rules, and their verification.

A SIEM has a folder of its own (`forwarder.splunkd`, `forwarder.azure`) with a `RuleEngine` (`verify.py`) and its
questions (`check.py`), and a file in `forwarder.cli`. Nothing here sends a request of its own.
"""
