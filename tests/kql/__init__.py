"""Queries and functions under Microsoft's own KQL binder (`@kusto/language-service-next`), run by a node from pip.

It binds names and types against the tables; it executes nothing.
"""
