"""What the forwarder says of itself over HTTP."""
