"""Tests of the product: a tree that mirrors `forwarder/`, and the engines that execute what we ship."""
