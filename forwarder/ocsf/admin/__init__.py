"""The Admin API's lists and reports as events: what there is, what changed, what was used and what it cost.

Tables say what is what: `lists`, `differences`, `reports`; the rest walks them. Activities of the feed are not here.
"""

from forwarder.ocsf.admin.changes import change_event
from forwarder.ocsf.admin.figures import figure_event
from forwarder.ocsf.admin.groups import figure_uid
from forwarder.ocsf.admin.inventory import sighting_event

__all__ = ["change_event", "figure_event", "figure_uid", "sighting_event"]
