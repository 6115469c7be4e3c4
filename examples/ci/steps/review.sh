#!/bin/sh
# Previews $STACK, reviews it, and checks rules and the approval. Changes nothing. Leaves its files in review/.
#
#   STACK      the stack to preview (required)
#   PROJECT    the Pulumi project's directory (default: .)
#   APPROVALS  where approvals are committed, one STACK.json each (default: approvals)
#   PULUMI     the engine's command (default: pulumi)
#
# Exit codes: those of `talend-access review` (3: a rule denies it; 4: not approved, or not what was approved).
set -eu
: "${STACK:?say which stack: STACK=prod}"
engine=${PULUMI:-pulumi}
project=${PROJECT:-.}
approval=${APPROVALS:-approvals}/$STACK.json
mkdir -p review

# A preview that fails leaves its messages in the document, and the review says them.
"$engine" preview --stack "$STACK" --cwd "$project" --refresh --json --non-interactive >review/preview.json || true

set -- review/preview.json --cwd "$project" \
    --markdown review/comment.md --html review/review.html --json review/review.json
if [ -f "$approval" ]; then
    set -- "$@" --check "$approval"
fi
talend-access review "$@"
