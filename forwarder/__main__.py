"""`python -m forwarder` is the same as `claude-siem`."""

from forwarder.cli import main

main()
