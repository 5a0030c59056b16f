"""Tests of the stand-ins, over real HTTP with clients that are not ours: they must behave as documented."""
