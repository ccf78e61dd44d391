"""The weight lab: sliders on the three loss weights, on a trained painter and on a running training."""

from stylekit.lab.instant import InstantLab, instant
from stylekit.lab.live import LiveLab, live

__all__ = ["InstantLab", "LiveLab", "instant", "live"]
