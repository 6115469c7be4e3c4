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


def test_nobody_publishes_in_production():
    grants = [inputs for inputs in declared().values() if inputs.get("environment") == "prod"]
    assert len(grants) == 4
    assert not [inputs for inputs in grants if "PUBLISH" in inputs["permissions"]]


def test_no_customer_role_is_mapped_twice():
    names = [inputs["role_name"] for inputs in declared().values() if "role_name" in inputs]
    assert len(names) == len(set(names)) == 2
