"""What events of all rooms share: captions, severities, the envelope, values as OCSF's types, the API's actors.

Knows no source: nothing here imports `feed`, `admin` or `agent`, or names one of their tables.
"""
