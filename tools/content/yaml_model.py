"""Reads a model from a YAML file, or raises an error that names file, key and problem, one per line."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def load_model(path: Path, model: type[Model], unfit: type[ValueError]) -> Model:
    """What the file holds. Raises `unfit`."""
    try:
        return model.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise unfit(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        lines = [f"{path}: {_place(e['loc'], model)}: {e['msg']}" for e in error.errors()]
        raise unfit("\n".join(lines)) from error


def _place(keys: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """The path of keys, or the model's name for an error of the whole file."""
    return ".".join(map(str, keys)) or model.__name__.lower()
