"""python -m stylekit"""

import sys

from stylekit.cli import main

sys.exit(main())
