"""The live lab as it is used: in JupyterLab, with a mouse, while a training runs."""

import numpy as np
import pytest
import rig
from test_instant_lab import BOX, drag, frames_cut_off

CELLS = [
    "import stylekit\nphotos = stylekit.photos(96)\n"
    "batches = stylekit.Batches(photos, stylekit.filtered(photos, 'woodcut'), crop=48, batch_size=2)\n"
    "trainer, other = (stylekit.Trainer(stylekit.Painter(width=8, blocks=1)) for _ in range(2))",
    "lab = stylekit.lab.live(trainer, batches, every=5)\nlab",
    "print('weight', trainer.method.objective.weights['style'])",
]
PIXELS = """([screen, others, alike]) => {
    if (!screen.complete || !screen.naturalWidth) return null;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 64;
    const context = canvas.getContext("2d");
    context.drawImage(screen, 0, 0, 64, 64);
    const pixels = [...context.getImageData(0, 0, 64, 64).data];
    return !others || pixels.every((value, i) => value === others[i]) === alike ? pixels : null;
}"""
LAB, TOOLS = 1, 2  # cells: the lab, and one for whatever is to be said in Python


@pytest.fixture(scope="module")
def page(open_notebook):
    page = open_notebook("live.ipynb", CELLS)
    page.locator(".stylekit-screen").wait_for()
    page.get_by_text("weight 1.0").or_(page.get_by_text("weight 0.")).first.wait_for()
    page.locator(".stylekit-lab").scroll_into_view_if_needed()
    yield page
    page.close()


class Lab:
    """One of the labs on a page."""

    def __init__(self, page, number=0):
        self.page, self.place = page, page.locator(".stylekit-lab").nth(number)

    def press(self, name):
        self.place.get_by_role("button", name=name, exact=True).click()

    def wait_for(self, words):
        """Until the lab's own line says so."""
        self.place.get_by_role("status").get_by_text(words).wait_for()

    def steps(self):
        """(the step that is shown, the newest step that is on the timeline)."""
        return [int(part) for part in self.place.locator(".stylekit-when").inner_text()[5:].split(" of ")]

    def wait_for_step(self, number):
        self.page.wait_for_function(
            "([lab, number]) => parseInt(lab.querySelector('.stylekit-when').innerText.split('of ')[1]) >= number",
            arg=[self.place.element_handle(), number],
            polling=rig.POLLING,
        )
        return self.steps()[1]

    def wait_for_shown(self, number):
        self.place.locator(".stylekit-when").get_by_text(f"step {number} of").wait_for()

    def pixels(self, like=None, unlike=None):
        """What is on the screen, 64 x 64 px: (64 * 64 * 4), 0 to 255.

        like, unlike: such pixels; waits until the screen shows them, or anything else. The words beside a picture may
        be there before it is.
        """
        screen = self.place.locator(".stylekit-screen").element_handle()
        others = [None if pixels is None else pixels.tolist() for pixels in (like, unlike)]
        arguments = [screen, others[0] or others[1], unlike is None]
        return np.array(self.page.wait_for_function(PIXELS, arg=arguments, polling=rig.POLLING).json_value(), "float32")


@pytest.fixture
def lab(page):
    return Lab(page)


def run_cell(page, number, source=None):
    cell = page.locator(".jp-CodeCell").nth(number)
    if source:
        cell.locator(".cm-content").fill(source)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")


def said(page, source, words):
    """Run Python; its words must come."""
    run_cell(page, TOOLS, source)
    page.locator(".jp-CodeCell").nth(TOOLS).locator(".jp-OutputArea-output").get_by_text(words, exact=True).wait_for()


def test_it_fits_a_projector(page):
    box = page.locator(".stylekit-lab").evaluate(BOX)
    assert box["right"] <= 1280 and box["inside"] <= box["width"]
    assert box["height"] <= box["seen"]
    assert frames_cut_off(page) == []


def test_it_trains_while_cells_and_sliders_are_answered_and_rewinds(page, lab):
    untrained = lab.pixels()
    lab.press("start")
    step = lab.wait_for_step(5)
    drag(page, ".stylekit-style", 1.0)
    page.locator(".stylekit-style .widget-readout").get_by_text("100").wait_for()
    said(page, CELLS[TOOLS], "weight 100.0")  # the cell runs, and the weight has moved
    lab.wait_for_step(step + 10)
    lab.press("pause")
    said(page, "await lab._task; print('running', lab.running)", "running False")
    newest = lab.steps()[1]
    drag(page, ".stylekit-timeline", 0.0)
    lab.wait_for_shown(0)
    lab.pixels(like=untrained)
    drag(page, ".stylekit-timeline", 1.0)
    lab.wait_for_shown(newest)
    trained = lab.pixels(unlike=untrained)
    assert np.abs(trained - untrained).mean() > 3  # of 255, though two of three rows are photos and paintings
    drag(page, ".stylekit-timeline", 0.0)
    lab.pixels(like=untrained)
    drag(page, ".stylekit-timeline", 1.0)
    lab.pixels(like=trained)


def test_single_steps_of_one_network_and_reset(page, lab):
    drag(page, ".stylekit-rate-of-G", 0.8)
    before, step = lab.pixels(), lab.steps()[1]
    lab.press("step")
    step = lab.wait_for_step(step + 1)
    after_both = lab.pixels(unlike=before)
    lab.press("only D")
    step = lab.wait_for_step(step + 1)
    said(page, "print('D has trained')", "D has trained")  # by then its picture is there too
    assert np.abs(lab.pixels() - after_both).max() == 0
    lab.press("only G")
    lab.wait_for_step(step + 1)
    assert np.abs(lab.pixels(unlike=after_both) - after_both).mean() > 1
    lab.press("reset")
    lab.wait_for("Back at step 0.")
    lab.wait_for_shown(0)
    drag(page, ".stylekit-rate-of-G", 0.6)


def test_a_mistake_is_told_and_the_lab_lives_on(page, lab):
    said(page, "lab.watched.batches = None; print('batches are gone')", "batches are gone")
    lab.press("start")
    lab.place.get_by_role("alert").get_by_text("Training stopped at step 0").wait_for()
    said(page, "lab.watched.batches = batches; print('batches are back')", "batches are back")
    lab.press("step")
    lab.wait_for("1 step: now at step 1.")


def test_a_lamp_burns(page, lab):
    said(page, "lab.set_weight('style', 1e38); print('too much')", "too much")
    lab.press("start")
    lab.place.get_by_role("alert").get_by_text("no number any more").wait_for()
    assert lab.place.locator("circle.lit").count() == 1
    said(page, "lab.set_weight('style', 1.0); print(lab.running)", "False")
    lab.press("reset")
    lab.wait_for("Back at step 0.")
    assert lab.place.locator("circle.lit").count() == 0


def test_two_labs_at_once(page, lab):
    run_cell(page, TOOLS, "second = stylekit.lab.live(other, batches, every=5)\nsecond")
    second = Lab(page, 1)
    second.place.wait_for()
    lab.press("start")
    second.press("start")
    second.wait_for_step(10)
    second.press("pause")
    lab.wait_for_step(lab.steps()[1] + 5)  # it trains on
    run_cell(page, TOOLS, "second.close()")
    second.place.wait_for(state="detached")


def test_the_cell_run_again_brings_a_lab_that_works(page, lab):
    lab.press("start")  # does nothing where it runs already
    said(page, "first = lab; print(first.running)", "True")
    run_cell(page, LAB)
    lab.wait_for("Start, and move a weight")
    assert page.locator(".stylekit-lab").count() == 1
    said(page, "print(first.running, lab is first)", "False False")
    step = lab.steps()[1]
    lab.press("step")
    lab.wait_for_step(step + 1)


def test_a_closed_tab_leaves_the_kernel_working(page, lab, browser, server):
    said(page, "lab.end = trainer.step + 40; end = lab.end; print('soon')", "soon")
    page.keyboard.press("Control+s")
    lab.press("start")
    lab.wait_for_step(lab.steps()[1] + 5)
    address, token = server
    page.goto("about:blank")
    page.goto(f"{address}/lab/tree/live.ipynb?token={token}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("| Idle").wait_for()
    said(page, "await lab._task; print(trainer.step == end, lab.running)", "True False")
