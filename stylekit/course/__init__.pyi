from . import budget, checks, toy2d
