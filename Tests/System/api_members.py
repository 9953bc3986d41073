"""What each answer of the Engine API has: the members' names and kinds, of API 1.47, and a check of answers against them.

The table in `recorded/api-members.json` is made of the API's description (`api/swagger.yaml` of the Docker Engine) by

    python3 Tests/System/api_members.py /path/swagger.yaml

A kind is `string`, `integer`, `number`, `boolean` or `any`, with `?` where null may stand; `["…"]` is an array, `{"*": …}` a map,
`{"$": "NAME"}` one of the named kinds, and any other object has these members.
"""

from __future__ import annotations

import json
import pathlib
import sys

TABLE = pathlib.Path(__file__).resolve().parent / "recorded" / "api-members.json"

#: The answers that are looked at: method, path and status.
ANSWERS = [
    ("get", "/containers/json", "200"), ("get", "/containers/{id}/json", "200"), ("get", "/containers/{id}/top", "200"),
    ("get", "/containers/{id}/changes", "200"), ("post", "/containers/create", "201"), ("post", "/containers/{id}/wait", "200"),
    ("post", "/containers/{id}/update", "200"), ("post", "/containers/prune", "200"),
    ("get", "/images/json", "200"), ("get", "/images/{name}/json", "200"), ("get", "/images/{name}/history", "200"),
    ("get", "/images/search", "200"), ("delete", "/images/{name}", "200"), ("post", "/images/prune", "200"),
    ("post", "/commit", "201"), ("get", "/distribution/{name}/json", "200"),
    ("post", "/containers/{id}/exec", "201"), ("get", "/exec/{id}/json", "200"),
    ("get", "/networks", "200"), ("get", "/networks/{id}", "200"), ("post", "/networks/create", "201"),
    ("post", "/networks/prune", "200"),
    ("get", "/volumes", "200"), ("get", "/volumes/{name}", "200"), ("post", "/volumes/create", "201"),
    ("post", "/volumes/prune", "200"),
    ("get", "/info", "200"), ("get", "/version", "200"), ("get", "/system/df", "200"), ("get", "/events", "200"),
]


class Table:
    """The kinds of answers, from the API's description."""

    def __init__(self, description: dict) -> None:
        self.definitions = description["definitions"]
        self.responses = description.get("responses", {})
        self.named: dict[str, object] = {}
        self.answers = {}
        for method, path, status in ANSWERS:
            response = description["paths"][path][method]["responses"]
            response = response.get(status) or response[int(status)]
            if "$ref" in response:
                response = self.responses[response["$ref"].rsplit("/", 1)[1]]
            self.answers[f"{method.upper()} {path}"] = self.kind(response["schema"])

    def kind(self, schema: dict) -> object:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            if name not in self.named:
                self.named[name] = None
                self.named[name] = self.kind(self.definitions[name])
            return {"$": name}
        if "allOf" in schema:
            merged: dict[str, object] = {}
            for part in schema["allOf"]:
                found = self.kind(part)
                while isinstance(found, dict) and "$" in found:
                    found = self.named[found["$"]]
                if not isinstance(found, dict):
                    return found
                merged |= found
            return merged
        kind = schema.get("type", "object")
        null = "?" if schema.get("x-nullable") else ""
        if kind == "array":
            return [self.kind(schema["items"])]
        if kind == "object":
            if schema.get("properties"):
                return {name: self.kind(value) for name, value in schema["properties"].items()}
            more = schema.get("additionalProperties")
            return {"*": self.kind(more)} if isinstance(more, dict) and more else "any"
        return kind + null


def load() -> dict:
    return json.loads(TABLE.read_text())


class Check:
    """Compares one answer with its kind, and collects what does not fit."""

    def __init__(self, table: dict) -> None:
        self.table = table
        self.wrong: list[str] = []
        self.missing: set[str] = set()
        self.unknown: set[str] = set()
        self.seen: set[str] = set()

    def answer(self, name: str, value: object) -> None:
        self.compare(value, self.table["answers"][name], name)

    def compare(self, value: object, kind: object, place: str) -> None:
        if isinstance(kind, dict) and "$" in kind:
            # Members are told by the kind that has them, wherever it stands.
            return self.compare(value, self.table["named"][kind["$"]], kind["$"])
        if isinstance(kind, list):
            # Go writes null for an array or a map that was never made.
            if value is not None and not isinstance(value, list):
                self.wrong.append(f"{place}: {value!r} is no array")
            for element in value or []:
                self.compare(element, kind[0], f"{place}[]")
            return
        if isinstance(kind, dict):
            if value is None:
                return
            if not isinstance(value, dict):
                self.wrong.append(f"{place}: {value!r} is no object")
                return
            if "*" in kind:
                for element in value.values():
                    self.compare(element, kind["*"], f"{place}.*")
                return
            for name, inner in kind.items():
                if name in value:
                    self.seen.add(f"{place}.{name}")
                    self.compare(value[name], inner, f"{place}.{name}")
                else:
                    self.missing.add(f"{place}.{name}")
            self.unknown |= {f"{place}.{name}" for name in value if name not in kind}
            return
        if not self.fits(value, str(kind)):
            self.wrong.append(f"{place}: {value!r} is no {kind}")

    @staticmethod
    def fits(value: object, kind: str) -> bool:
        if kind.endswith("?") and value is None:
            return True
        return {
            "string": lambda: isinstance(value, str), "boolean": lambda: isinstance(value, bool),
            "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda: isinstance(value, (int, float)) and not isinstance(value, bool), "any": lambda: True,
        }[kind.rstrip("?")]()


if __name__ == "__main__":
    import yaml

    table = Table(yaml.safe_load(pathlib.Path(sys.argv[1]).read_text()))
    TABLE.write_text(json.dumps({"answers": table.answers, "named": table.named}, indent=1, sort_keys=True) + "\n")
