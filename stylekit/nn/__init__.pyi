from . import colours, features, growing, layers, losses, networks
