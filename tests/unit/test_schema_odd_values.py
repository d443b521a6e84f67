"""Every keyword with values of every shape, right or wrong: a grammar or an error of the library, nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, TokenizerInfo
from fcformat.errors import FcformatError
from support.engine import SINGLE_BYTES

INFO = TokenizerInfo.from_bytes([*SINGLE_BYTES, None], stop_token_ids=[len(SINGLE_BYTES)])
KEYWORDS = """
    additionalItems additionalProperties allOf anyOf const contains contentEncoding contentMediaType contentSchema definitions $defs dependencies dependentRequired dependentSchemas
    $dynamicRef else enum exclusiveMaximum exclusiveMinimum format if items maxContains maximum maxItems maxLength maxProperties minContains minimum
    minItems minLength minProperties multipleOf not oneOf pattern patternProperties prefixItems properties propertyNames $recursiveRef $ref required
    then type unevaluatedItems unevaluatedProperties uniqueItems $id id $anchor $dynamicAnchor $recursiveAnchor $schema $vocabulary
""".split()  # fmt: skip
VALUES: list[Any] = [
    *(None, True, False, 1, -1, 1.5, "", "#", "#/x", "a", [], ["a"], [[{}]], [{}], [{"type": "string"}], {}, {"": {}}),
    *(
        {"a": {}},
        {"a": [{}]},
        {"a": ["b"]},
        {"a": {"type": "null"}},
        {"$ref": "#"},
        {"type": "object", "required": ["a"]},
    ),
]
DRAFTS = (
    None,
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)


def is_taken(schema: Any) -> bool:
    try:
        GrammarCompiler(INFO).compile_json_schema(json.dumps(schema))
    except FcformatError:
        return False
    return True


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_keyword_takes_its_value_or_says_what_is_wrong(draft: str | None) -> None:
    taken = 0
    for keyword in KEYWORDS:
        for value in VALUES:
            schema = {keyword: value} if draft is None else {"$schema": draft, keyword: value}
            taken += is_taken(schema) + is_taken({"type": "object", "properties": {"p": schema}, "required": ["p"]})
    assert len(KEYWORDS) * len(VALUES) / 2 < taken < len(KEYWORDS) * len(VALUES) * 2


def test_a_list_is_no_content_schema_and_says_nothing() -> None:
    assert is_taken({"contentSchema": [{"type": "string"}]})
