"""The Admin API's lists and reports as events: inventory, changes, usage and cost.

The tables are `list_mappings/*.yaml`, a file a list, and `usage.REPORT_MAPPINGS`. Activities of the feed are not here.
"""

from forwarder.ocsf.admin.changes import change_event
from forwarder.ocsf.admin.inventory import inventory_event
from forwarder.ocsf.admin.usage import usage_event, usage_uid

__all__ = ["change_event", "inventory_event", "usage_event", "usage_uid"]
