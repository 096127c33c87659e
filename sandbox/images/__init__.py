"""The images that containers run: a system with Python, an environment's packages, our programs on top.

environments.py   what there is to choose from; the packages are locked in locks/*.lock
system.py         bottom: python:3.13-slim from a registry, or Debian trixie made here
wheels.py         middle: wheels fetched on the host, installed offline
layer.py          puts files on a parent image and runs one step in it, without a network
install.py        that step; runs inside, on the image's own Python
builder.py        knows what changed, builds only that, and finds what is built
"""
