"""The Admin API's lists and reports as events: what there is, what changed, what was used and what it cost.

Tables say what is what: `lists`, `differences`, `reports`; the rest walks them. Activities of the feed are not here.
"""

from forwarder.ocsf.admin.changes import change_event
from forwarder.ocsf.admin.figures import usage_event
from forwarder.ocsf.admin.groups import usage_uid
from forwarder.ocsf.admin.inventory import inventory_event

__all__ = ["change_event", "inventory_event", "usage_event", "usage_uid"]
