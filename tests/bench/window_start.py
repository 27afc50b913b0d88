"""The process whose start `bench window` measures: opens the window of a library, waits until it answers, and says how
long that took since it was started. Imports nothing that the program itself would not.

When it was started it is told: what a Linux system itself notes of that is only as good as its whole seconds of boot.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from app.start import imported


def main(library: Path, began: float) -> None:
    code = imported()
    application = code.make_application()
    program = code.Program(application, library)
    program.window.keeps_watch = False
    program.window.usable.connect(application.quit)
    program.start(())
    application.processEvents()
    shown = time.time()
    application.exec()  # as the program does it: a loop that asks again and again would take the time it measures
    usable = time.time()
    import psutil  # noqa: PLC0415 - after what is measured

    memory_mb = psutil.Process().memory_info().rss / 1e6
    told = {"shown_s": shown - began, "usable_s": usable - began, "memory_mb": memory_mb}
    program.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
