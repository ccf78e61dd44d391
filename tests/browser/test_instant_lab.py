"""The instant lab as it is used: in JupyterLab, with a mouse."""

import pytest
import rig

from stylekit import images
from stylekit.data import domains

CELLS = [
    "import stylekit\npainter = stylekit.Painter(width=8, blocks=1)",
    "lab = stylekit.lab.instant(painter)\nlab",
]
# mean difference of two pictures on the page, 0 to 255, at 64 x 64 px
DIFFERENCE = """([one, other]) => {
    const pixels = element => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 64;
        const context = canvas.getContext("2d");
        context.drawImage(element, 0, 0, 64, 64);
        return context.getImageData(0, 0, 64, 64).data;
    };
    const [a, b] = [one, other].map(pixels);
    return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / (0.75 * a.length);
}"""

# where the lab is, the width that it needs, and the height that is seen, px
BOX = """lab => ({
    ...lab.getBoundingClientRect().toJSON(),
    inside: lab.scrollWidth,
    seen: lab.closest('.jp-WindowedPanel-outer').clientHeight
})"""
SCROLLING = """elements => elements.filter(element => {
    const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowY);
    return scrolls && element.scrollHeight > element.clientHeight + 1;
}).map(element => element.className)"""
SMALL_LETTERS = """elements => elements.filter(element => {
    const text = [...element.childNodes].some(node => node.nodeType == 3 && node.textContent.trim());
    return text && element.tagName != 'STYLE' && parseFloat(getComputedStyle(element).fontSize) < 14;
}).map(element => element.outerHTML)"""


@pytest.fixture(scope="module")
def page(open_notebook):
    page = open_notebook("instant.ipynb", CELLS)
    settled(page)
    page.locator(".stylekit-lab").scroll_into_view_if_needed()
    yield page
    page.close()


def settled(page):
    """Wait until the whole picture is there, and the trade-off: its eleven points are drawn last."""
    page.wait_for_function(
        "document.querySelectorAll('.stylekit-lab circle').length == 11 && "
        "document.querySelector('.stylekit-screen').naturalWidth == 256",
        polling=rig.POLLING,
    )


def picture(page, number):
    """0: the photo, 1: the painting, 2: the picture."""
    return page.locator(".stylekit-lab img").nth(number).element_handle()


def difference(page, one, other):
    return page.evaluate(DIFFERENCE, [one, other])


def drag(page, slider, share):
    """Take the slider's handle and move it to a share of its length, in many small moves."""
    handle = page.locator(f"{slider} .noUi-handle").bounding_box()
    track = page.locator(f"{slider} .noUi-base").bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + share * track["width"], handle["y"] + handle["height"] / 2, steps=25)
    page.mouse.up()


def wait_for_nearer(page, than, nearer=True):
    comparison = "<" if nearer else ">"
    page.wait_for_function(
        f"(arguments) => ({DIFFERENCE})(arguments.slice(0, 2)) {comparison} arguments[2]",
        arg=[picture(page, 2), picture(page, 0), than],
        polling=rig.POLLING,
    )


def wait_for_another(page, number, source):
    page.wait_for_function(
        "([number, source]) => document.querySelectorAll('.stylekit-lab img')[number].src != source",
        arg=[number, source],
        polling=rig.POLLING,
    )


def wait_for_code(page, text):
    page.wait_for_function(
        "text => document.querySelector('.stylekit-lab pre').innerText.includes(text)", arg=text, polling=rig.POLLING
    )


def upload(page, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="upload").first.click()
    chooser.value.set_files(path)


def line(page):
    return page.locator(".stylekit-lab [role=status], .stylekit-lab [role=alert]")


def frames_cut_off(page):
    """Names of the lab's buttons whose frame, of 1 px around the button in use, is cut off by what they stand in."""
    return page.locator(".stylekit-lab button").evaluate_all("""buttons => buttons.filter(button => {
        const frame = button.getBoundingClientRect();
        for (let box = button.parentElement; box.closest(".stylekit-lab"); box = box.parentElement) {
            const edge = box.getBoundingClientRect();
            const room = [frame.left - edge.left, frame.top - edge.top, edge.right - frame.right,
                          edge.bottom - frame.bottom];
            if (getComputedStyle(box).overflow != "visible" && Math.min(...room) < 1) return true;
        }
        return false;
    }).map(button => button.innerText)""")


def test_it_fits_a_projector(page):
    box = page.locator(".stylekit-lab").evaluate(BOX)
    assert box["right"] <= 1280 and box["inside"] <= box["width"]
    assert box["height"] <= box["seen"]
    assert page.locator(".stylekit-lab *").evaluate_all(SCROLLING) == []
    assert page.locator(".stylekit-lab *").evaluate_all(SMALL_LETTERS) == []
    assert frames_cut_off(page) == []


def test_more_content_brings_the_picture_nearer_to_the_photo_and_less_away(page):
    before = difference(page, picture(page, 2), picture(page, 0))
    drag(page, ".stylekit-content", 1.0)
    wait_for_nearer(page, 0.8 * before)
    settled(page)
    near = difference(page, picture(page, 2), picture(page, 0))
    assert page.locator(".stylekit-content .widget-readout").inner_text() == "100"
    drag(page, ".stylekit-content", 0.0)
    wait_for_nearer(page, 1.2 * near, nearer=False)
    wait_for_code(page, "content=0.01, style=1")


def test_the_wipe_brings_the_photo(page):
    page.get_by_role("button", name="painterly").click()
    settled(page)
    before = difference(page, picture(page, 2), picture(page, 0))
    drag(page, ".stylekit-wipe", 1.0)
    wait_for_nearer(page, 0.1 * before)
    drag(page, ".stylekit-wipe", 0.0)
    wait_for_nearer(page, 0.9 * before, nearer=False)


def test_an_uploaded_photo_is_painted_and_a_broken_one_is_told(page, tmp_path):
    images.write(domains.photos(200, "train")[1], tmp_path / "temple.png")
    before = picture(page, 0).get_attribute("src")
    upload(page, tmp_path / "temple.png")
    wait_for_another(page, 0, before)
    wait_for_code(page, 'images.read("temple.png")')
    settled(page)
    (tmp_path / "broken.jpg").write_bytes(b"this is no picture")
    upload(page, tmp_path / "broken.jpg")
    page.get_by_role("alert").get_by_text("broken.jpg is not an image").wait_for()
    page.get_by_role("button", name="balanced").click()  # it lives on
    wait_for_code(page, "content=1, style=1)")


def test_save_writes_a_file_and_says_where(page, folder):
    page.get_by_role("button", name="save picture").click()
    page.get_by_text("Saved: ").wait_for()
    path = folder / "painting-1.png"
    assert str(path) in line(page).inner_text()
    assert images.read(path).shape == (256, 256, 3)


def test_another_painting_from_the_menu(page):
    before = picture(page, 1).get_attribute("src")
    page.locator(".stylekit-lab select").nth(1).select_option("woodcut")
    wait_for_another(page, 1, before)
    wait_for_code(page, '"woodcut"')
    settled(page)
