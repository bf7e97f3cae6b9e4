#!/usr/bin/env python3
"""Validates the schema of a case, and cases against it. Use: check_schema.py SCHEMA.json CASE.toml..."""
import json
import sys
import tomllib

import jsonschema


def plain(value):
    """TOML has dates, JSON has text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


with open(sys.argv[1]) as file:
    schema = json.load(file)
judge = jsonschema.validators.validator_for(schema, default=None)
assert judge is not None, f"unknown dialect {schema.get('$schema')}"
judge.check_schema(schema)
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        judge(schema).validate(plain(tomllib.load(file)))
