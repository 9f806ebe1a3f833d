"""The packages: the rooms lie at the top level and are installed below the one name `bicall`."""

from setuptools import find_packages, setup

ROOMS = ("emulator", "lava_procs", "mapping", "rtl")

packages = ["bicall", *(f"bicall.{package}" for package in find_packages("bicall"))]
for room in ROOMS:
    packages += [f"bicall.{room}", *(f"bicall.{room}.{package}" for package in find_packages(room))]

setup(packages=packages, package_dir={f"bicall.{room}": room for room in ROOMS})
