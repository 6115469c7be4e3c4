#!/bin/sh
# Previews $STACK for a review. Changes nothing, and runs the program of the change: give it a credential with few rights.
# Leaves review/preview.json and review/state.json.
#
#   STACK    the stack to preview (required)
#   PROJECT  the directory of the Pulumi project (default: .)
set -eu
: "${STACK:?name the stack: STACK=prod}"
project=${PROJECT:-.}
mkdir -p review

# A preview that fails leaves its messages in the document, and the review shows them.
pulumi preview --stack "$STACK" --cwd "$project" --refresh --json --show-sames --non-interactive >review/preview.json || true
pulumi stack export --stack "$STACK" --cwd "$project" >review/state.json
