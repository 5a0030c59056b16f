"""What of people's words may be kept: content modes, and which attributes hold content.

Pure functions. Knows no source, class or sink; the rooms above ask before they build an event.
"""

from forwarder.privacy.guard import Guarded, Mode, guarded, guarded_text

__all__ = ["Guarded", "Mode", "guarded", "guarded_text"]
