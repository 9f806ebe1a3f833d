"""Write main.txt and lava.txt beside this file: the pinned requirements of both environments, with hashes.

They name no index, which is the user's own choice, and keep the hashes of the files that the environments can take:
wheels for Linux and the Pythons the toolkit runs on, and the sources.
"""

import subprocess
from pathlib import Path

import tomllib
from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

HERE = Path(__file__).parent
ENVIRONMENTS = {  # extras and options of uv
    "main": (["data", "rtl", "mapping", "search", "test", "lint", "docs"], ["--python-version", "3.10", "--universal"]),
    "lava": (["lava", "test"], ["--python-version", "3.10", "--python-platform", "linux"]),
}
MINORS = (10, 11, 12, 13)  # of Python 3
INTERPRETERS = {"py3", *(f"cp3{minor}" for minor in MINORS)}


def main() -> None:
    """Resolve both environments with uv and write their files."""
    for name, (extras, options) in ENVIRONMENTS.items():
        command = ["uv", "pip", "compile", str(HERE.parent / "pyproject.toml"), "--format", "pylock.toml", "--quiet"]
        command += [*options, *(part for extra in extras for part in ("--extra", extra))]
        locked = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        lines = [line for package in tomllib.loads(locked)["packages"] for line in pinned(package)]
        (HERE / f"{name}.txt").write_text("".join(lines), encoding="utf-8")


def pinned(package: dict) -> list[str]:
    """The lines of one package: name, version, marker and hashes; none where Linux needs no such package."""
    marker = package.get("marker")
    needed = [marker is None or _holds(marker, minor) for minor in MINORS]
    if not any(needed):
        return []
    files = [package["sdist"]] if "sdist" in package else []
    files += [wheel for wheel in package.get("wheels", ()) if _fits(wheel["url"].rsplit("/", 1)[1])]
    first = f"{package['name']}=={package['version']}" + ("" if all(needed) else f" ; {marker}")
    hashes = sorted(f"--hash=sha256:{file['hashes']['sha256']}" for file in files)
    return [" \\\n    ".join([first, *hashes]) + "\n"]


def _holds(marker: str, minor: int) -> bool:
    python = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"}
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    return Marker(marker).evaluate({**python, **linux, "implementation_name": "cpython"})


def _fits(wheel: str) -> bool:
    """Whether a wheel is for Linux with glibc on a usual processor, and for one of the Pythons."""
    for tag in parse_wheel_filename(wheel)[3]:
        linux = tag.platform.startswith(("manylinux", "linux")) and tag.platform.endswith(("x86_64", "aarch64"))
        python = tag.interpreter in INTERPRETERS or tag.abi == "abi3"
        if python and not tag.abi.endswith("t") and (tag.platform == "any" or linux):
            return True
    return False


if __name__ == "__main__":
    main()
