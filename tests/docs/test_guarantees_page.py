"""docs/guarantees.md: every promise names, here, the tests that fail without it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "guarantees.md").read_text(encoding="utf-8")

ACCESS, FAULTS, RESOURCES, E2E = "access/test_", "faults/test_", "resources/test_", "e2e/test_"
SHOWN_BY: dict[str, tuple[str, ...]] = {
    # Two writers
    "Permissions on workspaces": (
        f"{FAULTS}two_writers_of_grants.py::test_a_batch_removal_takes_nothing_that_another_stack_gives",
        f"{FAULTS}two_writers_of_grants.py::test_a_stack_that_changes_what_another_removes",
    ),
    "Two stacks create the same grant": (
        f"{FAULTS}two_writers_of_grants.py::test_two_stacks_that_create_the_same_grant",
    ),
    "`WorkspaceAccess` and a person who grants meanwhile": (
        f"{FAULTS}two_writers_of_grants.py::test_whom_a_person_lets_in_meanwhile_is_never_removed_unseen",
        f"{RESOURCES}set_refusals.py::test_what_no_preview_has_shown_is_not_removed",
        f"{RESOURCES}sets.py::test_a_set_that_is_not_exclusive_seizes_nobody_unasked",
    ),
    "Role mappings, one stack": (f"{ACCESS}mappings.py::test_many_threads_share_writes_and_lose_nothing",),
    "Role mappings, several stacks of this provider": (
        f"{FAULTS}two_writers.py::test_nothing_of_two_stacks_is_lost",
        f"{ACCESS}lag.py::test_two_stacks_at_once_lose_nothing",
    ),
    "Two stacks map the same customer role": (f"{FAULTS}two_writers.py::test_two_stacks_that_create_the_same",),
    "`RoleMappings` and another stack": (f"{FAULTS}two_writers.py::test_a_whole_set_and_another_stack",),
    "Another program, or a person at the console": (f"{FAULTS}two_writers.py::test_a_person_at_the_console_meanwhile",),
    "Another writer writes role mappings from a list": (
        f"{FAULTS}two_writers.py::test_the_order_that_nobody_can_exclude",
    ),
    # What is assumed of the API
    "A 2xx answer to a single write": (
        f"{ACCESS}lag.py::test_grants_are_waited_for_without_a_storm_of_calls",
        f"{ACCESS}grants.py::test_a_lying_batch_is_never_a_success_that_does_not_stand",
    ),
    "Reads lag behind writes by no more": (
        f"{ACCESS}lag.py::test_what_is_not_visible_yet_keeps_its_entry_and_the_next_run_finishes_it",
    ),
    "A list of role mappings that contradicts": (
        f"{ACCESS}lag.py::test_a_mapping_that_somebody_writes_just_after_ours_is_not_lost",
    ),
    "404 for a grant means": (
        f"{ACCESS}snapshot.py::test_a_404_is_believed_only_of_an_api_that_answers_a_listing",
        f"{ACCESS}grants.py::test_a_workspace_that_is_gone_answers_403_and_removal_passes",
    ),
    "A name means one object": (
        f"{ACCESS}names.py::test_the_exact_spelling_wins_then_ascii_case_counts_alike",
        f"{ACCESS}names.py::test_no_other_letter_leads_to_somebody_else",
        f"{ACCESS}names.py::test_a_login_and_an_address_of_different_people_are_ambiguous",
    ),
    "Names of role mappings are kept": (f"{ACCESS}mappings.py::test_an_api_that_normalises_names_is_named",),
    # Tenants that are a little odd
    "A role mapping without roles": (
        f"{RESOURCES}all_role_mappings.py::test_a_mapping_without_roles_in_the_tenant_is_no_obstacle",
        f"{ACCESS}mappings.py::test_mappings_without_roles_that_the_api_takes_in_no_write_go_and_are_named",
    ),
    "An empty record of a grant": (f"{ACCESS}grants.py::test_an_emptied_record_is_filled",),
    "An API that adds a permission": (
        f"{RESOURCES}odd_tenants.py::test_what_the_api_makes_of_a_set_is_named_and_cleaned_up",
    ),
    "A listed row of a person who no longer exists": (
        f"{RESOURCES}odd_tenants.py::test_a_row_of_somebody_who_is_gone_that_no_call_removes_is_a_note_and_no_change",
    ),
    "A set whose workspace or people are gone": (
        f"{RESOURCES}odd_tenants.py::test_a_set_whose_people_are_gone_is_refused_in_the_preview",
        f"{RESOURCES}odd_tenants.py::test_a_set_whose_workspace_is_gone_is_refused_in_the_preview",
    ),
    "If the API does not remove the permissions of a workspace's owner": (
        f"{RESOURCES}failures.py::test_an_owner_whose_permissions_stay_is_named_and_what_was_given_is_kept",
    ),
    "A role that Talend has renamed": (
        f"{RESOURCES}odd_tenants.py::test_a_role_that_the_vendor_has_renamed_is_refused_in_the_preview",
    ),
    "A login that now leads to another account": (
        f"{RESOURCES}odd_tenants.py::test_a_login_that_was_handed_on_is_said_in_a_set_too",
        "names/test_permission_by_name.py::test_another_object_behind_the_name_is_a_replace_that_is_said",
    ),
    "Destroying a stack whose people": (
        f"{E2E}end_of_a_stack.py::test_destroy_ends_clean_whatever_is_gone_and_when_the_token_ends",
    ),
    # Several resources on the same access
    "A resource is known by its URN": (
        f"{E2E}over_several_runs.py::test_two_resources_on_one_grant_are_refused_however_they_are_declared",
        f"{RESOURCES}ownership.py::test_the_same_child_name_under_two_components_is_a_clash",
    ),
    "An end, or a table that shrinks": (
        f"{E2E}over_several_runs.py::test_what_moves_stays_however_many_runs_it_takes",
        f"{E2E}over_several_runs.py::test_people_who_move_between_two_sets_are_at_no_moment_without_access",
    ),
    "An end (`expires_at`)": (f"{RESOURCES}ends.py::test_access_ends_by_the_clock_of_the_api_not_of_this_machine",),
    "A resource whose `expires_at` has passed": (
        f"{RESOURCES}ends.py::test_what_has_ended_leaves_with_the_resource_that_had_it",
    ),
    "Access that somebody grants again": (
        f"{RESOURCES}ends.py::test_what_is_given_again_by_hand_after_its_end_is_drift",
    ),
    "A forced replacement": (
        f"{RESOURCES}ownership.py::test_a_forced_replacement_keeps_the_access",
        f"{E2E}over_several_runs.py::test_a_replacement_that_deletes_first_is_the_only_one_with_a_gap",
    ),
    "An interrupted replacement": (
        f"{RESOURCES}ownership.py::test_what_an_interrupted_replacement_has_left_takes_nothing_from_its_successor",
        f"{E2E}over_several_runs.py::test_what_moves_stays_however_many_runs_it_takes",
    ),
    # The state is changed by other means
    "`pulumi state rename` and `pulumi state move`": (
        f"{E2E}state_commands.py::test_renamed_deleted_and_moved_in_state_the_access_stays",
    ),
    "`pulumi state delete` and `retain_on_delete`": (
        f"{E2E}state_commands.py::test_renamed_deleted_and_moved_in_state_the_access_stays",
        f"{E2E}state_commands.py::test_what_is_retained_and_declared_again_is_not_taken_for_an_interrupted_update",
    ),
    "`ignore_changes` keeps": (
        f"{RESOURCES}ends.py::test_what_ignore_changes_keeps_of_access_that_has_ended",
        f"{RESOURCES}ends.py::test_what_ignore_changes_keeps_of_a_set_whose_access_has_ended",
    ),
    "In a state that was edited by hand": (
        f"{RESOURCES}damaged_state.py::test_a_refresh_repairs_it_and_nothing_is_lost_or_left",
        f"{RESOURCES}damaged_state.py::test_what_a_refresh_cannot_repair_says_so_and_can_be_taken_over_again",
    ),
    # Updates that are cut off
    "Changed, replaced, removed": (
        f"{FAULTS}crashes.py::test_the_next_update_ends_as_asked",
        f"{FAULTS}killed.py::test_killed_at_a_write",
    ),
    "Ctrl-C": (
        f"{ACCESS}group_commit.py::test_an_interrupt_in_a_step_ends_its_writes_and_no_others",
        f"{ACCESS}group_commit.py::test_an_interrupt_of_a_thread_that_waits_leaves_its_writes_to_nobody",
    ),
    "Created, but not recorded": (f"{FAULTS}journal.py::test_interrupted_work_is_finished_and_said",),
    "An entry counts only for": (
        f"{FAULTS}journal.py::test_another_stack_is_not_served_by_the_entry",
        f"{FAULTS}journal.py::test_an_entry_that_cannot_be_trusted_is_none",
        f"{FAULTS}journal.py::test_an_entry_is_its_owner_s_alone_and_holds_no_secret",
    ),
    "Access that is identical but was not noted": (
        f"{FAULTS}journal.py::test_without_an_entry_what_is_identical_is_still_somebody_else_s",
    ),
}


def promises() -> list[str]:
    """The lines of the page that promise something: list items, and the rows of the first table."""
    text = PAGE.replace("**", "")
    rows = re.findall(r"^\| (?!\||\d)([^|]+) \| ", text.partition("The API can only replace")[0], re.MULTILINE)
    items = re.findall(r"^- (.+)$", text, re.MULTILINE)
    return [*rows, *items]


def test_every_promise_is_shown_by_tests() -> None:
    begun = {promise: [words for words in SHOWN_BY if promise.startswith(words)] for promise in promises()}
    assert [promise for promise, words in begun.items() if len(words) != 1] == []
    assert [words for words in SHOWN_BY if not any(words in found for found in begun.values())] == []


def test_those_tests_exist() -> None:
    missing: list[str] = []
    for test in {test for tests in SHOWN_BY.values() for test in tests}:
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append(test)
    assert missing == []
