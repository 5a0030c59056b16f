"""`python -m tools.content`: build the generated files from detections/, splunk_app/dashboards/ and sentinel/.

`--check` only reports whether they are current.
"""

import sys
from pathlib import Path

from tools.content.dashboards_source import UnfitDashboard
from tools.content.files import made_files, stale, write
from tools.content.folder import read
from tools.content.hunting import UnfitHunt
from tools.content.rules import UnfitRule
from tools.content.workbooks_source import UnfitWorkbook

ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """Write the files, or with `--check` exit 1 and list the stale ones. Exit 1 too when a source is invalid."""
    try:
        files = made_files(read(ROOT / "detections"))
    except (UnfitRule, UnfitDashboard, UnfitWorkbook, UnfitHunt) as error:
        sys.exit(str(error))
    if "--check" not in sys.argv[1:]:
        write(ROOT, files)
    elif names := stale(ROOT, files):
        sys.exit("stale: " + ", ".join(names) + "; run `make content`")


if __name__ == "__main__":
    main()
