"""Debian's Chromium, driven by selenium; nothing is downloaded, and its tests are skipped where it is not installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

WIDE, NARROW = 1_280, 360


@dataclass(frozen=True, slots=True)
class Browser:
    """A page in a window without a screen."""

    driver: Chrome

    def show(self, path: Path, *, width: int = WIDE, dark: bool = False, media: str = "screen") -> None:
        """Open a file in a window of so many pixels."""
        self._tell("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._tell("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # what the page before has logged
        self.driver.get(path.as_uri())

    def _tell(self, command: str, **values: Any) -> None:
        self.driver.execute_cdp_cmd(command, values)

    def run(self, script: str, *given: Any) -> Any:
        """Return what a script returns."""
        return self.driver.execute_script(script, *given)

    def find(self, selector: str) -> WebElement:
        """Return the first element for a CSS selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, *keys: str) -> None:
        """Press keys one after another, wherever the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def tab_to(self, element_id: str) -> None:
        """Press Tab until the element with this id has the focus."""
        for _ in range(200):
            if self.focused == element_id:
                return
            self.run("return null")
            self.driver.execute_cdp_cmd(
                "Input.dispatchKeyEvent", {"type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
            )
            self.driver.execute_cdp_cmd(
                "Input.dispatchKeyEvent", {"type": "keyUp", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
            )
        raise AssertionError(f"Tab does not lead to {element_id}")

    @property
    def focused(self) -> str:
        """The id of the element that has the focus."""
        return str(self.run("return document.activeElement.id"))

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.run("const e = document.scrollingElement; return e.scrollWidth - e.clientWidth"))

    @property
    def complaints(self) -> list[str]:
        """What the browser has logged of the page: a policy that was broken, a script that failed."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def barriers(self) -> list[str]:
        """Return what axe-core finds that somebody could not see, reach or understand, with the first place of each."""
        found = Axe().run(self.driver)
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("there is no Chromium here: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    profile = tmp_path_factory.mktemp("chromium")
    for one in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(one)
    with Chrome(options=options, service=Service(driver)) as running:
        yield Browser(running)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[[str], Path]:
    """Write a page to a file, and return where."""

    def store(html: str) -> Path:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        return path

    return store


ENTER = Keys.ENTER
