"""Previews from which something was cut: a review of what is left never says that nobody's access changes."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuzz.strange import examples, tellable
from pulumi_talend.errors import TalendError
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend.review.model import Review
from review.test_damaged import PREVIEW

CHANGING = [index for index, each in enumerate(PREVIEW["steps"]) if each["op"] != "same"]
OTHER_WORDS = ("same", "read", "refresh", "discard", "import", "remove-pending-replace", "", "Create", "frobnicate")


def reviewed(document: Any) -> Review | None:
    """The review, None where the document is refused in a line."""
    try:
        return build_review(read_preview(json.dumps(document)), None)[0]
    except TalendError as error:
        tellable(error)
        return None


@examples(60)
@given(
    st.sets(st.sampled_from(CHANGING), min_size=1),
    st.sampled_from(["steps", "steps and counts", "words", "states", "inputs"]),
    st.sampled_from(OTHER_WORDS),
)
def test_no_damage_hides_a_change(where: set[int], what: str, word: str) -> None:
    document = copy.deepcopy(PREVIEW)
    for index in where:
        step = document["steps"][index]
        if what == "words":
            step["op"] = word
        elif what == "states":
            step.pop("oldState", None)
            step.pop("newState", None)
        elif what == "inputs":
            for state in ("oldState", "newState"):
                step.get(state, {}).pop("inputs", None)
    if what.startswith("steps"):
        document["steps"] = [each for index, each in enumerate(document["steps"]) if index not in where]
    if what == "steps and counts":
        del document["changeSummary"]
    review = reviewed(document)
    if what in {"steps", "steps and counts"}:
        assert review is None
    if review is not None:
        assert not review.empty
        passed_over = {PREVIEW["steps"][index]["urn"] for index in where} - {
            cause.urn
            for cause in (
                *(cause for change in review.changes for cause in change.causes),
                *(one.cause for one in review.unknown),
                *review.left,
            )
        }
        assert passed_over == set()


@given(st.integers(0, len(json.dumps(PREVIEW)) - 1))
def test_a_preview_that_is_cut_off_is_refused(length: int) -> None:
    try:
        read_preview(json.dumps(PREVIEW)[:length])
    except TalendError as error:
        tellable(error)
    else:
        raise AssertionError("a part of a preview was taken for a preview")
