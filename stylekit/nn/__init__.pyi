from . import features, growing, layers, losses, networks
