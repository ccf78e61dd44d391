from . import budget, checks, toy2d
from .source import show_source
