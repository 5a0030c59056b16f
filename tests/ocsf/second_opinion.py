"""The independent second validator: JSON Schemas that `ocsf-json-schema` makes, checked by `jsonschema-rs`."""

from functools import cache
from typing import Any

import jsonschema_rs
from ocsf_json_schema import OcsfJsonSchemaEmbedded  # type: ignore[import-untyped]

from tests.ocsf.validator import schema


@cache
def _validator(class_uid: int, profiles: tuple[str, ...]) -> Any:
    maker = OcsfJsonSchemaEmbedded(schema())
    made = maker.get_class_schema(maker.lookup_class_name_from_uid(class_uid), list(profiles))
    return jsonschema_rs.validator_for(made)


def objections(event: dict[str, Any]) -> list[str]:
    """The faults that JSON Schema finds in the event, one line each."""
    checker = _validator(event["class_uid"], tuple(event["metadata"].get("profiles", [])))
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in checker.iter_errors(event)]
