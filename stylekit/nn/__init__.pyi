from . import features, growing, losses, networks
