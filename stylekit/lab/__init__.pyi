from . import alarms
from .instant_lab import InstantLab, instant
from .live_lab import LiveLab, live
