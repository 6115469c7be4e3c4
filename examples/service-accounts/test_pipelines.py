"""The program with Pulumi's mocks: `python -m pytest` in this directory."""

import runpy
from pathlib import Path

import pulumi


class Mocks(pulumi.runtime.Mocks):
    """Keeps what the program declares."""

    def __init__(self):
        self.declared = {}

    def new_resource(self, args):
        self.declared[args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args):
        raise NotImplementedError(args.token)


def declared():
    mocks = Mocks()
    pulumi.runtime.set_mocks(mocks, preview=False)

    @pulumi.runtime.test
    def run():
        runpy.run_path(str(Path(__file__).parent))

    run()
    return mocks.declared


def test_no_pipeline_both_publishes_and_runs():
    grants = declared()
    assert len(grants) == 4
    for account in {inputs["service_account"] for inputs in grants.values()}:
        allowed = {
            permission
            for inputs in grants.values()
            if inputs["service_account"] == account
            for permission in inputs["permissions"]
        }
        assert not {"PUBLISH", "EXECUTE"} <= allowed, account
