"""The solution's playbooks (Logic Apps): a table per playbook, and shared structures.

Each signs in with its managed identity, to Sentinel and to a Key Vault with the other credentials. No secret is in a
template or in a run's history.
"""
