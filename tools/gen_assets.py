#!/usr/bin/env python3
"""Writes OUT/assets.S and OUT/assets.c without any asset.

usage: gen_assets.py OUT [--web DIST] [--voice FOLDER]
"""
import sys
from pathlib import Path

out = Path(sys.argv[1])
(out / "assets.S").write_text('.section .note.GNU-stack,"",%progbits\n')
(out / "assets.c").write_text("extern const int assets_none;\nconst int assets_none = 0;\n")
