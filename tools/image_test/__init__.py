"""The container image, built and run without a registry: `python -m tools.image_test`.

`machine` gets the programs, `podman` keeps containers apart from the machine's own, `stand_in` makes a base image,
`context` is what is built from, `compose` the confinement that `deploy/compose.yaml` promises, `stage` where containers
play, `probe` what one shows of itself, `proofs` what is proven.
"""
