from . import archives, batches, digits, domains, downloads, folders
