"""A Chromium for the browser tests: find it, or install it if root may."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without libatomic1 the program that drives the browser does not start on a minimal Debian.
PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji", "libatomic1")
# Chromium would make two pages more for each new one: one of its own panels, and one in reserve.
_AHEAD = ("PreloadTopChromeWebUI", "SpareRendererForSitePerProcess")
# Chromium reads the last list alone, so what Playwright switches off is in ours too. A test compares them.
DISABLED_FEATURES = (
    *_AHEAD,
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
)
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
)


class BrowserUnavailable(Exception):
    """There is no browser and none may be installed. The text says what to do."""


def launch_arguments() -> list[str]:
    """Return Chromium's arguments: no traffic of its own, and no sandbox if it refuses one (for root)."""
    return [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else list(ARGUMENTS)


def find() -> Path:
    """Return the Chromium for tests: `E2E_CHROMIUM`, else Playwright's own, else the system's.

    Raises BrowserUnavailable if there is none, or `E2E_CHROMIUM` names none.
    """
    if given := os.environ.get("E2E_CHROMIUM"):
        if not _runs([given, "--version"]):
            raise BrowserUnavailable(f"E2E_CHROMIUM names no browser that starts: {given}")
        return Path(given)
    for candidate in _candidates():
        if _runs([str(candidate), "--version"]):
            return candidate
    raise BrowserUnavailable(
        "There is no Chromium for the browser tests: install chromium (as root: apt-get install "
        f"{' '.join(PACKAGES)}), or set E2E_CHROMIUM to one."
    )


def ensure() -> Path:
    """Do as `find` does, but install what is missing if root may. Raises BrowserUnavailable."""
    try:
        path = find()
    except BrowserUnavailable:
        if os.environ.get("E2E_CHROMIUM"):
            raise
        _install()
        path = find()
    if not _driver_starts():
        _install()
    if not _driver_starts():
        raise BrowserUnavailable("Playwright's driver does not start: `python -m playwright --version` says why.")
    return path


def _candidates() -> Iterator[Path]:
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    yield from sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)
    for name in SYSTEM_NAMES:
        if found := shutil.which(name):
            yield Path(found)


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BrowserUnavailable(f"The browser tests need a browser. As root: apt-get install {' '.join(PACKAGES)}")
    print(f"Installing {', '.join(PACKAGES)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES]
    for command in (["apt-get", "update", "-qq"], install):
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        if result.returncode:
            raise BrowserUnavailable(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")


def _driver_starts() -> bool:
    return _runs([sys.executable, "-m", "playwright", "--version"])


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    try:
        print(ensure())
    except BrowserUnavailable as problem:
        sys.exit(f"browser: {problem}")
