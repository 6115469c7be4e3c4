#!/bin/sh
# Does what was reviewed, and only that: reviews a fresh preview against the approval, then applies that very preview.
# Takes what steps/review.sh takes, needs the Pulumi CLI (update plans), and leaves its files in review/.
set -eu
: "${STACK:?say which stack: STACK=prod}"
project=${PROJECT:-.}
approval=${APPROVALS:-approvals}/$STACK.json
mkdir -p review
plan=$PWD/review/plan.json

pulumi preview --stack "$STACK" --cwd "$project" --refresh --json --non-interactive --save-plan "$plan" \
    >review/preview.json || true

set -- review/preview.json --cwd "$project"
if [ -f "$approval" ]; then
    set -- "$@" --check "$approval"
fi
talend-access review "$@"
pulumi up --stack "$STACK" --cwd "$project" --refresh --yes --skip-preview --non-interactive --plan "$plan"
