"""The solution's playbooks (Logic Apps): tables of what differs, and the structures that they share.

Each signs in with its managed identity: to Sentinel, and to a Key Vault that holds whatever else it needs. No secret
stands in a template, and none shows in a run's history.
"""
