"""What is asked of Azure: is all in place behind a Sentinel sink, what would a deployment change, prove the rules.

An idea a file: what is asked, what is answered, what is found. Nothing of the service's way of events is here;
Microsoft's management packages are imported only when a command connects (extra `[sentinel]`).
"""
