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


def test_every_workspace_has_somebody_who_can_publish():
    for name, inputs in declared().items():
        assert any("PUBLISH" in permissions for permissions in inputs["grants"].values()), name
