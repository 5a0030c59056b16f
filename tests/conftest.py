"""What all tests share: property tests without a deadline, because a loaded machine is no fault of the code."""

from hypothesis import settings

settings.register_profile("forwarder", deadline=None)
settings.load_profile("forwarder")
