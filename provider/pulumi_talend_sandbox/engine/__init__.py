"""The embedded engine: a newcomer's first `preview` and `up` on a machine that has Python and no Pulumi CLI.

It runs a real program with the real Pulumi SDK, and the providers in the SDK's own dynamic host, both over gRPC. It has four
commands (preview, up, refresh, destroy) and keeps its state in a file of its own. It models little, and refuses the rest in one
line that ends in "use the Pulumi CLI": production, teams and anything beyond a first look run on the Pulumi CLI.

From the command line down to one call of a provider:

- `commands`: the four commands, their options and exit codes
- `run`: one update, refresh or destroy from beginning to end
- `project`, `passphrase`: Pulumi.yaml, the stack's configuration, its secrets
- `session`: what the parts of one run share; `program` and `host` start the processes
- `monitor`: answers the program over gRPC
- `planning`: what happens to a resource; `execution`: doing it, in order and in parallel
- `state`: the state file; `values`: property values and how they travel
- `display`, `document`: what a person reads, and the document of `preview --json`
"""
