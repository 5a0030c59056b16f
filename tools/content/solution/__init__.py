"""Packages of the Sentinel solution, built from its files: one deployment, one template per item, and the content hub's
package.

`inventory` reads the files that the other modules of `tools.content` built. Every item in the solution is in every
package.
"""
