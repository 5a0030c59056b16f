"""A strict interpreter of the part of SPL that our searches use; see README.md. It is not Splunk.

Nothing here knows Claude or detections. What is not implemented raises `SplError`; nothing is guessed.
"""

from tests.spl.errors import SplError
from tests.spl.events import ocsf_envelope
from tests.spl.interpreter import Splunk, as_text
from tests.spl.lookups import Lookup
from tests.spl.macros import Macro, from_conf

__all__ = ["Lookup", "Macro", "SplError", "Splunk", "as_text", "from_conf", "ocsf_envelope"]
