"""Test of the container image, built and run without a registry: `python -m tools.image_test`.

`machine` installs the required programs, `podman` uses a storage of its own, `stand_in` makes a base image, `context`
is the build context, `compose` reads the confinement of `deploy/compose.yaml`, `stage` runs containers, `probe`
inspects them, `checks` are the checks of the image.
"""
