"""Tests of the OCSF room: two independent validators, every activity type with every actor, and the samples."""
