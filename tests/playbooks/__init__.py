"""Playbooks, run: an interpreter of their workflows, over real HTTP against stand-ins, and their structure.

The interpreter knows the actions and functions that our playbooks use, as Azure Logic Apps documents them, and refuses
everything else. It was never compared with Azure.
"""
