#!/bin/sh
# Applies what was reviewed, and only that: reviews a fresh preview against rules and approval, then applies that very preview.
# Takes what preview.sh and review.sh take (RULES is review.toml by default), needs the Pulumi CLI, and leaves files in review/.
set -eu
: "${STACK:?name the stack: STACK=prod}"
project=${PROJECT:-.}
mkdir -p review
plan=$PWD/review/plan.json

pulumi preview --stack "$STACK" --cwd "$project" --refresh --json --show-sames --non-interactive --save-plan "$plan" \
    >review/preview.json || true
pulumi stack export --stack "$STACK" --cwd "$project" >review/state.json
RULES=${RULES:-review.toml} sh "$(dirname "$0")/review.sh"
pulumi up --stack "$STACK" --cwd "$project" --refresh --yes --skip-preview --non-interactive --plan "$plan"
