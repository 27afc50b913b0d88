"""The process whose start `bench window` measures: opens the window of a library, waits until it answers, and says how
long that took since the process began. Imports nothing that the program itself would not.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psutil

from app.application import Program, make_application


def main(library: Path) -> None:
    application = make_application()
    program = Program(application, library)
    program.window.keeps_watch = False
    program.window.usable.connect(application.quit)
    program.start(())
    application.processEvents()
    me = psutil.Process()
    shown_s = time.time() - me.create_time()
    application.exec()  # as the program does it: a loop that asks again and again would take the time it measures
    told = {"shown_s": shown_s, "usable_s": time.time() - me.create_time(), "memory_mb": me.memory_info().rss / 1e6}
    program.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
