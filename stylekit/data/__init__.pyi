from . import archives, batches, cropping, digits, domains, downloads, folders
