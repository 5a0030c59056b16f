"""`metadata.uid`: a function of the source's identity and of nothing else."""
