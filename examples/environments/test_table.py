"""The program with Pulumi's mocks: `python -m pytest` in this directory."""

import runpy
from pathlib import Path

import pulumi
import pytest


class Mocks(pulumi.runtime.Mocks):
    """Keeps what the program declares."""

    def __init__(self):
        self.declared = {}

    def new_resource(self, args):
        self.declared[args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args):
        raise NotImplementedError(args.token)


@pytest.fixture
def declared(monkeypatch):
    """Stack → the grants that it declares, by name of the set."""
    monkeypatch.chdir(Path(__file__).parent)  # as Pulumi runs the program

    def of(stack):
        mocks = Mocks()
        pulumi.runtime.set_mocks(mocks, stack=stack, preview=False)

        @pulumi.runtime.test
        def run():
            runpy.run_path(".")

        run()
        return {name: inputs["grants"] for name, inputs in mocks.declared.items() if "grants" in inputs}

    return of


def test_only_the_platform_team_publishes_in_production(declared):
    grants = declared("prod")
    assert set(grants) == {"access/prod/Sales", "access/prod/Finance"}
    for name, table in grants.items():
        publishers = [who for who, permissions in table.items() if "PUBLISH" in permissions]
        assert publishers == ["mareike.hansen@nordlicht-retail.example"], name


def test_the_contractor_has_an_end_in_each_environment(declared):
    for stack in ("dev", "prod"):
        entry = declared(stack)[f"access/{stack}/Finance"]["jan.petry@nordlicht-retail.example"]
        assert entry["expires_at"] == "2035-06-30T18:00:00+02:00"
