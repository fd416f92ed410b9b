"""Readers of exported files that are not ours: a YAML parser of JavaScript, pandoc, python-docx and html5lib."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.document import Document as WordDocument

_PARSE_ALL = """
const yaml = require("yaml");
const documents = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(documents.map(one => yaml.parse(one))));
"""


def read_yaml_by_node(documents: Sequence[str]) -> list[Any]:
    """Read YAML documents by npm's package ``yaml``, which follows YAML 1.2; skip the test without it."""
    node = shutil.which("node")
    if node is None or subprocess.run([node, "-e", 'require("yaml")'], capture_output=True, check=False).returncode:
        pytest.skip("node, or npm's package yaml in NODE_PATH, is not installed; .ci/run installs it")
    ran = subprocess.run(
        [node, "-e", _PARSE_ALL], input=json.dumps(documents).encode(), capture_output=True, check=True
    )
    found: list[Any] = json.loads(ran.stdout)
    return found


def read_by_pandoc(data: bytes, form: str, to: str = "plain") -> str:
    """Read a file in one of pandoc's formats, and return it in another; skip the test without pandoc."""
    pandoc = shutil.which("pandoc")
    if pandoc is None:
        pytest.skip("pandoc is not installed; .ci/run installs it")
    ran = subprocess.run(
        [pandoc, "-f", form, "-t", to, "--wrap=none"], input=data, capture_output=True, check=True, timeout=120
    )
    return ran.stdout.decode()


def read_docx(data: bytes) -> WordDocument:
    """Read a Word document by python-docx."""
    return Document(io.BytesIO(data))


def read_html(data: bytes) -> BeautifulSoup:
    """Read a page as a browser does, by html5lib."""
    return BeautifulSoup(data, "html5lib")
