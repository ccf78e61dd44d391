from . import cli, course, data, errors, files, filters, images, lab, methods, metrics, nn, plots, training
from .data.batches import Batches
from .data.domains import Domain, filtered, folder, photos
from .data.downloads import download
from .errors import DataError, ImageError, SettingError, StylekitError, TrainingError
from .images import read, write
from .methods.painter import Painter
from .nn.features import feature_extractor
from .training.callbacks import Samples
from .training.objective import Objective
from .training.trainer import Trainer
