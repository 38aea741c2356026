"""Chromium for the tests in a browser: found, or installed by apt when we may."""

import os
import shutil
import subprocess
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_or_install(environment: Mapping[str, str]) -> tuple[str, str]:
    """The path of a Chromium and an empty text, or an empty path and the reason why there is none.

    ASSAY_CHROMIUM in the environment is taken as it stands.
    """
    given = environment.get("ASSAY_CHROMIUM", "")
    if given:
        return given, ""
    found = find(environment)
    if found:
        return found, ""
    if os.getuid() != 0:
        return "", "no Chromium here, and only root can install it: apt-get install -y chromium"
    if shutil.which("apt-get", path=environment.get("PATH")) is None:
        return "", "no Chromium here, and no apt-get to install it with"
    return install(environment)


def find(environment: Mapping[str, str]) -> str:
    """The path of an installed Chromium; empty when there is none."""
    for name in NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return found
    return ""


def install(environment: Mapping[str, str]) -> tuple[str, str]:
    """Install Debian's Chromium; as :func:`find_or_install`."""
    print("Installing Chromium by apt-get ...", flush=True)
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
    ):
        done = subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode and command[1] == "install":
            said = done.stderr.strip().splitlines() or ["no reason given"]
            return "", f"apt-get could not install Chromium: {said[-1]}"
    found = find(environment)
    return found, "" if found else "apt-get installed no Chromium"
