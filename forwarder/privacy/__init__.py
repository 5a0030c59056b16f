"""Which text of users may be kept: content modes, and the attributes that hold content.

Pure functions. Knows no source, class or sink; the normalizers apply it before they build an event.
"""

from forwarder.privacy.content import LONGEST, is_identifier
from forwarder.privacy.guard import Guarded, Mode, guarded, guarded_text

__all__ = ["LONGEST", "Guarded", "Mode", "guarded", "guarded_text", "is_identifier"]
