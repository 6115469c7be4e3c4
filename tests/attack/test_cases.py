"""What somebody may try to get at a token, or to get a change of access past a review; each attempt fails in a test.

1.  Name another API address in the stack's file, so that the token goes there.
2.  Hide a change from the review: other code behind a resource, a value that nobody knows yet, a step left out.
3.  Put an end off, take it away, or take over what somebody else had granted.
4.  Change the rules in the same pull request, or bring none.
5.  Use an approval again, for something else, or after editing it.
6.  Use what the pipeline holds: its tokens, its rights, an action or a tool that is another one tomorrow.
7.  Answer for ever, or with more than anybody can hold.
8.  Plant a file, a link or a pipe where the journal or the debug log will be.
9.  Set a proxy or a certificate, so that a password shows or a check is off.
10. Reflect the token in another spelling, repeat a key, ask the sandbox from a page of the web.
11. Be, or bring, a dependency with a hole.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ATTEMPTS: dict[int, tuple[str, ...]] = {
    1: (
        "test_token_on_the_cli:test_no_token_goes_where_the_file_says",
        "test_endpoints:test_a_stack_alone_may_not_name_another_host_wherever_the_credential_comes_from",
        "test_endpoints:test_a_stack_s_own_endpoint_leads_to_talend_or_this_machine_and_nowhere_else",
        "test_endpoints:test_what_counts_from_the_environment_only_is_an_error_in_the_file",
        "test_endpoints:test_a_region_and_another_endpoint_from_two_places_are_an_error",
        "test_review_on_the_cli:test_the_address_in_the_stacks_configuration_is_denied",
    ),
    2: (
        "test_review_on_the_cli:test_code_of_the_program_behind_a_resource_is_denied",
        "test_review_on_the_cli:test_a_subclass_of_ours_is_reviewed_as_ours",
        "test_review_gate:test_an_attempt_does_not_pass_unseen",
        "test_documents:test_no_damage_hides_a_change",
    ),
    3: (
        "test_review_on_the_cli:test_ends_and_take_overs_need_an_approval",
        "test_review_gate:test_an_attempt_does_not_pass_unseen",
    ),
    4: ("test_review_gate:test_rules_of_the_change_do_not_count",),
    5: (
        "test_pipelines:test_reviewed_approved_applied_and_not_replayed",
        "test_review_gate:test_an_approval_is_not_replayed",
        "test_review_gate:test_an_approval_is_not_of_other_code_with_the_same_plan",
        "test_review_gate:test_an_approval_is_not_of_another_plan",
        "test_review_gate:test_an_approval_with_an_edit_is_refused",
        "test_review_gate:test_a_denied_change_is_not_approved",
    ),
    6: (
        "test_pipelines:test_the_workflow_of_github_is_as_tight_as_it_says",
        "test_pipelines:test_the_pipelines_of_gitlab_and_azure_are_as_tight_as_they_say",
        "test_pipelines:test_the_workflows_have_no_findings",
    ),
    7: (
        "test_hostile_servers:test_ctrl_c_ends_a_command_whose_server_never_finishes",
        "test_hostile_servers:test_what_it_answers_ends_in_a_line",
        "test_network:test_a_response_that_drips_for_ever_is_given_up",
        "test_network:test_the_end_of_the_process_ends_a_read",
    ),
    8: (
        "test_files:test_the_debug_log_is_not_written_through_a_link",
        "test_files:test_a_fifo_does_not_keep_the_process_waiting",
        "test_files:test_a_planted_file_is_refused_in_a_line",
        "test_files:test_a_directory_of_another_user_is_refused",
    ),
    9: (
        "test_proxies:test_the_doctor_names_the_variable_and_no_password",
        "test_proxies:test_a_proxy_that_is_not_valid_is_named_without_its_value",
        "test_proxies:test_a_certificate_file_that_is_not_usable_is_named",
    ),
    10: (
        "test_hostile_servers:test_what_it_answers_ends_in_a_line",
        "test_sandbox:test_pages_of_the_web_get_nothing",
    ),
    11: (
        "test_dependencies:test_what_is_required_is_used_and_the_other_way_round",
        "test_dependencies:test_the_audit_looks_at_what_is_installed_and_lets_nothing_out",
    ),
}


@pytest.mark.parametrize("case", range(1, 12))
def test_each_case_has_its_attempts(case: int) -> None:
    assert f"\n{case}." in f"\n{__doc__}"
    for attempt in ATTEMPTS[case]:
        file, _, name = attempt.partition(":")
        module = ast.parse((HERE / f"{file}.py").read_text("utf-8"))
        assert name in {part.name for part in module.body if isinstance(part, ast.FunctionDef)}, attempt
