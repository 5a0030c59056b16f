"""The structure of the package itself: how many files an event passes, what a file may import, which words it uses."""
