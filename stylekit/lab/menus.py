"""What the menus of the instant lab offer: the photos of the package, and a painting by each filter."""

import json

from stylekit import filters, images
from stylekit.data import domains
from stylekit.lab.engine import SIZE

# The paintings: filter and palette. Colours of their own show what G took from the painting.
PALETTE = {
    "brush": "van_gogh",
    "oil": "dusk",
    "pointillist": "monet",
    "watercolour": "sea",
    "ink": None,
    "woodcut": "earth",
    "cartoon": "fauve",
    "stained_glass": "autumn",
}
SCENE = "china"  # what these paintings show: not the first photo of the menu
ALL_PHOTOS = (*domains.TRAIN_PHOTOS, *domains.TEST_PHOTOS)
YOURS = "yours"  # the menus' name of what the caller brought


def photos():
    """Load the photos of the menu: dict name -> (256, 256, 3) float32 in [-1, 1]."""
    domain = domains.photos(SIZE, "all")
    return {name: images.fit(photo, SIZE) for name, photo in zip(domain.names, domain, strict=True)}


def painting(name, photos):
    """Paint a painting of the menu.

    Args:
        name: its filter, a key of `PALETTE`.
        photos: as from `photos`.

    Returns:
        (256, 256, 3) float32 in [-1, 1].
    """
    return filters.render(photos[SCENE], name, palette=PALETTE[name])


def source(name, role):
    """Write Python that gets a picture of the menus.

    Args:
        name: the picture's name in its menu, a str.
        role: "photo" or "painting".

    Returns:
        An expression, a str; None for what the caller brought.
    """
    if name == YOURS:
        return None
    if role == "photo" and name in ALL_PHOTOS:
        return _photo_source(name)
    if role == "painting" and name in PALETTE:
        palette = f', palette="{PALETTE[name]}"' if PALETTE[name] else ""
        return f'filters.render({_photo_source(SCENE)}, "{name}"{palette})'
    return f"images.fit(images.read({json.dumps(name, ensure_ascii=False)}), {SIZE})"


def _photo_source(name):
    """Python that gets a photo of the package, a str."""
    return f'images.fit(photos({SIZE}, "all")[{ALL_PHOTOS.index(name)}], {SIZE})'
