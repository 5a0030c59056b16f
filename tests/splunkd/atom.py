"""Answers of splunkd: Atom feeds whose entries have links and an `eai:acl`, and messages.

Source: Splunk REST API User Manual, *Basic concepts*: Atom feed responses, access control lists, error messages.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from forwarder.simulator.http import Answer

ATOM = "http://www.w3.org/2005/Atom"
REST = "http://dev.splunk.com/ns/rest"
SEARCH = "http://a9.com/-/spec/opensearch/1.1/"
XML = {"content-type": "text/xml; charset=UTF-8"}


class Entry(NamedTuple):
    """A thing that splunkd lists."""

    name: str
    content: Mapping[str, Any]
    app: str = "search"


def feed(path: str, entries: Iterable[Entry], status: int = 200) -> Answer:
    """What a collection answers; `path` is its own, without a namespace."""
    listed = list(entries)
    root = Element("feed", {"xmlns": ATOM, "xmlns:s": REST, "xmlns:opensearch": SEARCH})
    SubElement(root, "title").text = path.rpartition("/")[2]
    SubElement(root, "opensearch:totalResults").text = str(len(listed))
    root.extend(_entry(path, entry) for entry in listed)
    return Answer(status, tostring(root, encoding="utf-8", xml_declaration=True), XML)


def single(path: str, entry: Entry, status: int = 200) -> Answer:
    """What a search job answers: the entry alone."""
    root = _entry(path, entry)
    root.attrib.update({"xmlns": ATOM, "xmlns:s": REST})
    return Answer(status, tostring(root, encoding="utf-8", xml_declaration=True), XML)


def messages(status: int, text: str, kind: str = "ERROR") -> Answer:
    """A refusal."""
    root = Element("response")
    SubElement(SubElement(root, "messages"), "msg", {"type": kind}).text = text
    return Answer(status, tostring(root, encoding="utf-8"), XML)


def response(name: str, text: str, status: int = 200) -> Answer:
    """An answer that is one element, such as a session key."""
    root = Element("response")
    SubElement(root, name).text = text
    return Answer(status, tostring(root, encoding="utf-8"), XML)


def _entry(path: str, entry: Entry) -> Element:
    root = Element("entry")
    SubElement(root, "title").text = entry.name
    place = f"/servicesNS/nobody/{entry.app}/{path}/{quote(entry.name, safe='')}"
    SubElement(root, "id").text = f"https://localhost:8089{place}"
    for relation in ("alternate", "list", "edit"):
        SubElement(root, "link", {"href": place, "rel": relation})
    acl = {"app": entry.app, "owner": "nobody", "sharing": "app", "perms": {"read": ["*"], "write": ["admin"]}}
    content = SubElement(root, "content", {"type": "text/xml"})
    content.append(_dict({**entry.content, "eai:acl": acl}))
    return root


def _dict(values: Mapping[str, Any]) -> Element:
    root = Element("s:dict")
    for name, value in values.items():
        _fill(SubElement(root, "s:key", {"name": name}), value)
    return root


def _fill(element: Element, value: Any) -> None:
    if isinstance(value, Mapping):
        element.append(_dict(value))
    elif isinstance(value, list | tuple):
        listed = SubElement(element, "s:list")
        for item in value:
            _fill(SubElement(listed, "s:item"), item)
    else:
        element.text = str(int(value)) if isinstance(value, bool) else str(value)
