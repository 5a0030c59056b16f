"""`python -m forwarder` is `claude-siem`."""

from forwarder.cli import main

main()
