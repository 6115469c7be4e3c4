#!/bin/sh
# Reviews what preview.sh has left, and checks rules and the approval. Runs no code of the change, and reads the tenant: only the
# tenant shows what would be taken over.
# Leaves review/comment.md, review/review.html and review/review.json.
#
#   STACK      the stack (required)
#   RULES      the rules, from where the author of the change cannot write (required)
#   CHANGE     the checkout of the change (default: .)
#   APPROVALS  the folder of approvals in it, one STACK.json each (default: approvals)
#   COMMIT     the commit to name (default: the one that is checked out in CHANGE)
#   AUTHOR     the author to name
#
# Exit codes: those of `talend-access review` (3: a rule denies it; 4: an approval is missing, or is of something else).
set -eu
: "${STACK:?name the stack: STACK=prod}" "${RULES:?name the rules: RULES=review.toml}"
change=${CHANGE:-.}

set -- review/preview.json --state review/state.json --cwd "$change" --rules "$RULES" --require-rules --tenant require \
    --check "$change/${APPROVALS:-approvals}/$STACK.json" \
    --markdown review/comment.md --html review/review.html --json review/review.json
[ -z "${COMMIT:-}" ] || set -- "$@" --commit "$COMMIT"
[ -z "${AUTHOR:-}" ] || set -- "$@" --author "$AUTHOR"
[ "${GITHUB_ACTIONS:-}" != true ] || set -- "$@" --annotate
exec talend-access review "$@"
