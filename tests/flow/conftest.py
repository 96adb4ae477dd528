"""Lets the flow tests share the ring they run on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
