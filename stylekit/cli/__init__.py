"""The command line: python -m stylekit demo | train | stylize | download | lab."""

import contextlib
import os
import socket
import sys
import tempfile
import warnings
from pathlib import Path

from stylekit.cli.arguments import APP_PORT, LARGEST, STEPS, STEPS_FRESH, parser, say
from stylekit.errors import DataError, ImageError, SettingError, StylekitError

# Nothing else of stylekit is imported up here: --help has to answer at once, and bad arguments too.

# Fine-tuning: a quarter of a new painter's learning rate and more content weight, or it wanders off from the photo.
FINE_TUNING_RATE, FINE_TUNING_WEIGHTS = 5e-4, {"adversarial": 0.05, "content": 0.5, "style": 1.0}
PROMPT = "stylekit.lab.serving.Prompt"
STYLE_SIZE = 256  # px: short side at which a painting is looked at, near the scale that training shows


def main(arguments=None):
    """Run one command. arguments: as typed, a list of str; None takes the process's own.

    Returns the exit code: 0 done, 2 refused (one line on stderr says why), 130 stopped by Ctrl-C, 141 nobody reads on.
    """
    options = parser(demo, train, stylize, download, lab).parse_args(arguments)
    try:
        with warnings.catch_warnings():  # which puts back what is set here
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = lambda message, *_: say(message)  # in one line, and at once
            code = options.command(options) or 0
        sys.stdout.flush()
        return code
    except StylekitError as error:
        say(error)
        return 2
    except KeyboardInterrupt:
        say("stopped by Ctrl-C.")
        return 130
    except BrokenPipeError:  # `stylekit download --list | head`: head has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it ends
        return 141


# --- the commands -----------------------------------------------------------------------------------------------------


def demo(options):
    """Train on the embedded photographs and show what was learned."""
    _writable_folder(options.output)
    _load_tensorflow()
    from stylekit.cli.demo import demo as run

    run(options.output, seed=options.seed)


def train(options):
    """Train the painter further on your paintings, or on one; leave painter.npz, the history and checkpoints."""
    from stylekit.data import domains

    size = 2 * options.size
    photos = domains.folder(options.photos, size) if options.photos else domains.photos(size, "all")
    paintings = domains.folder(options.paintings, size)
    directory = _writable_folder(options.output)
    if (directory / "checkpoints" / "checkpoint").exists() and not options.resume:
        raise SettingError(f"{directory} holds an earlier run: add --resume to go on with it, or choose another -o.")

    trainer = _trainer(options, directory)
    batches = domains.Batches(
        photos, paintings, crop=options.size, batch_size=options.batch, seed=options.seed, augment=options.augment
    )
    steps = options.steps or (STEPS_FRESH if options.fresh else STEPS)
    print(f"{len(photos)} photos, {len(paintings)} paintings, {steps} steps.")
    with contextlib.suppress(KeyboardInterrupt):  # what was learned until then is written as well
        trainer.fit(batches, steps=max(steps - trainer.step, 0))
    weights = trainer.method.save(directory / "painter.npz")
    print(f"Wrote {weights} after step {trainer.step}: python -m stylekit stylize PHOTO --style PAINTING "
          f"--weights {weights} -o OUT")  # fmt: skip
    if trainer.step < steps:
        say("stopped early: the same command with --resume goes on.")
        return 130


def _trainer(options, directory):
    """A trainer with the shipped painter or a new one, where its run stands."""
    _load_tensorflow()
    from stylekit.methods.painter import Painter
    from stylekit.training.objective import Objective
    from stylekit.training.trainer import Trainer

    if options.fresh:
        painter = Painter(strokes=True, seed=options.seed)
    else:
        balance = Objective(**FINE_TUNING_WEIGHTS)
        painter = Painter.shipped(learning_rate=FINE_TUNING_RATE, objective=balance, seed=options.seed)
    trainer = Trainer(painter, directory, seed=options.seed)
    if options.resume:
        print(f"Going on from step {trainer.resume()}.")
    return trainer


def stylize(options):
    """Paint one photo, or every photo in a folder, in the style of a painting."""
    from stylekit import images

    style = images.read(options.style, STYLE_SIZE)
    jobs = _jobs(options.photo, options.output)
    painter = _painter(options.weights)
    weights = {"adversarial": options.adversarial, "content": options.content, "style": options.style_weight}
    skipped = 0
    for source, target in jobs:
        try:
            photo = _photo(source, options.size)
        except ImageError as error:
            if not options.photo.is_dir():
                raise
            say(f"skipped {source}: {error}")
            skipped += 1
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        print(images.write(painter(photo, style, **weights), target))
    if skipped == len(jobs):
        raise DataError(f"None of the {skipped} images in {options.photo} can be used.")


def download(options):
    """Fetch a well-known set of pictures, list them all, or remove one from the cache."""
    from stylekit.data import downloads

    if options.list:
        for name, dataset in downloads.datasets().items():
            size = f"{dataset.bytes / 1e6:.0f} MB" if dataset.bytes else "size unknown"
            here = ", here" if (downloads.cache() / name).is_dir() else ""
            print(f"{name:24s} {dataset.about}; {dataset.pictures} pictures, {size}{here}")
            print(f"{'':24s} licence: {dataset.licence}")
    elif not options.name:
        raise SettingError("Which set of pictures? Give its name, or --list to see them all.")
    elif options.remove:
        print(f"Removed {options.name}." if downloads.remove(options.name) else f"{options.name} is not here.")
    else:
        downloads.download(options.name, most=1)  # reads one picture of each domain, too
        folder = downloads.cache() / options.name
        print(f"{options.name} is in {folder}: photos, paintings = stylekit.download({options.name!r})")


def lab(options):
    """Open JupyterLab on the course; with --app, the instant lab alone, as a web page."""
    port = options.port or (APP_PORT if options.app else None)
    arguments = [] if options.browser else ["--no-browser"]
    if port:
        _check_free(port)
        arguments.append(f"--port={port}")
    (_app if options.app else _jupyterlab)(arguments)


def _jupyterlab(arguments):
    places = [Path(__file__).parents[2] / "notebooks", Path("notebooks")]
    lessons = next((place for place in places if any(place.glob("*.ipynb"))), None)
    if lessons is None:
        raise DataError("There is no folder notebooks here: run this in a copy of the whole repository.")
    try:
        from jupyterlab.labapp import main as jupyterlab
    except ImportError as error:
        raise SettingError("JupyterLab is not installed: pip install 'stylekit[lab]', or pip install jupyterlab.") \
            from error  # fmt: skip
    sys.argv = ["jupyter-lab"]  # it reads its own arguments from there besides those it is given
    jupyterlab([str(lessons.resolve()), f"--ServerApp.kernel_websocket_connection_class={PROMPT}", *arguments])


def _app(arguments):
    try:
        from voila.app import main as voila
    except ImportError as error:
        raise SettingError("Voila is not installed: pip install 'stylekit[voila]', or pip install voila.") from error
    os.environ["STYLEKIT_FOLDER"] = os.getcwd()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.argv = ["voila"]
    print("The lab's page takes some seconds to open; Ctrl-C ends it.")
    voila([
        str(Path(__file__).parents[1] / "lab" / "app.ipynb"), f"--Voila.kernel_websocket_connection_class={PROMPT}",
        # a page that is gone without a word leaves its kernel, and a painter in memory
        "--MappingKernelManager.cull_idle_timeout=600", "--MappingKernelManager.cull_interval=60", *arguments,
    ])  # fmt: skip


# --- what the commands share ------------------------------------------------------------------------------------------


def _jobs(photo, output):
    """What to paint: a list of (source, target) paths; refuses an output that cannot be written, before any work."""
    from stylekit import images

    if not photo.is_dir():
        if output.is_dir() or output.suffix.lower() not in images.WRITABLE:
            raise SettingError(f"Cannot write {output}: wanted a file that ends in {', '.join(images.WRITABLE)}.")
        if output.exists() and photo.exists() and output.samefile(photo):
            raise SettingError(f"{output} is the photo itself: choose another -o, so that the photo is kept.")
        images.read(photo)
        _writable_folder(output.parent)
        return [(photo, output)]
    if output.suffix.lower() in images.WRITABLE and not output.is_dir():
        raise SettingError(f"{photo} is a folder of photos, and {output} a file: name a folder for what is painted.")
    if output.resolve().is_relative_to(photo.resolve()):
        raise SettingError(f"{output} lies in the folder of the photos: choose another -o, so that they are kept.")
    sources = images.find(photo)
    if not sources:
        raise DataError(f"There is no image in {photo}: wanted files that end in {', '.join(images.READABLE)}.")
    _writable_folder(output)
    return [(source, output / _painted_name(source.relative_to(photo))) for source in sources]


def _painted_name(path):
    """The photo's own name; with .png behind it if that kind of file cannot be written."""
    from stylekit import images

    return path if path.suffix.lower() in images.WRITABLE else path.with_name(path.name + ".png")


def _photo(path, size):
    from stylekit import images

    picture = images.read(path, size)
    return images.resize(picture, LARGEST) if size is None and min(picture.shape[:2]) > LARGEST else picture


def _painter(weights):
    if weights is not None and not weights.is_file():
        raise DataError(f"There is no file {weights}: wanted a painter.npz that `stylekit train` wrote.")
    _load_tensorflow()
    from stylekit.methods.painter import Painter

    return Painter.load(weights) if weights else Painter.shipped()


def _writable_folder(path):
    """The folder, made if need be; SettingError where nothing can be written there: better now than after an hour."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise SettingError(f"Cannot write to {path} ({error.strerror}): choose another -o.") from error


def _check_free(port):
    """SettingError where another program listens already."""
    with socket.socket() as listener:
        if os.name != "nt":  # as a server does: a port that was just given back is free
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingError(f"Port {port} cannot be used ({error.strerror}): choose another --port.") from error


def _load_tensorflow():
    """Import TensorFlow without its log: it would bury the one line that matters.

    Its C++ side writes some lines while it loads whatever TF_CPP_MIN_LOG_LEVEL says, so stderr is shut meanwhile.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import tensorflow
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
    tensorflow.get_logger().setLevel("ERROR")
