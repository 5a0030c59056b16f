"""What the commands for both SIEMs share: the bundled stories, rows compared, findings and proofs as values.

Nothing here asks anybody; `forwarder.splunkd` and `forwarder.azure` do.
"""
