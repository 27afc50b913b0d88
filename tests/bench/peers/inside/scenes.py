"""Run inside PySceneDetect's environment: finds the cuts of the files named, prints seconds taken as JSON."""

from __future__ import annotations

import json
import sys
import time

from scenedetect import ContentDetector, detect

began = time.perf_counter()
for path in sys.argv[1:]:
    detect(path, ContentDetector())
sys.stdout.write(json.dumps({"took_s": time.perf_counter() - began}) + "\n")
