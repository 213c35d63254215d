"""A loopback server that answers as an ArcGIS feature service does, from a table of areas."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import geopandas as gpd

from tests.loopback import answering


@dataclass
class Service:
    """Areas with LSOA21CD, LSOA21NM and geometry in degrees, and what has gone wrong with it."""

    areas: gpd.GeoDataFrame
    most: int = 2000
    problems: list[dict] = field(default_factory=list)
    counts_too_many: int = 0
    forms: list[dict] = field(default_factory=list)
    url: str = ""

    def answer(self, form: dict) -> dict:
        self.forms.append(form)
        if self.problems:
            return self.problems.pop(0)
        beginnings = [word.replace("''", "'") for word in re.findall(r"LIKE '(.*?) %'", form["where"])]
        chosen = self.areas[self.areas["LSOA21NM"].str.startswith(tuple(f"{word} " for word in beginnings))]
        if form.get("returnCountOnly") == "true":
            return {"count": len(chosen) + self.counts_too_many}
        start, wanted = int(form["resultOffset"]), min(int(form["resultRecordCount"]), self.most)
        page = chosen.sort_values(form["orderByFields"]).iloc[start : start + wanted]
        return json.loads(page[[*form["outFields"].split(","), "geometry"]].to_json(drop_id=True))


@contextlib.contextmanager
def serving_boundaries(service: Service) -> Iterator[Service]:
    """Run the service for the length of a ``with`` block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            body = json.dumps(service.answer(dict(urllib.parse.parse_qsl(sent)))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with answering(Handler) as address:
        service.url = f"{address}/FeatureServer/0/query"
        yield service
