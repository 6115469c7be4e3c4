"""What there is to say about one grant that did not come out as asked."""

from __future__ import annotations

from ..api import GrantKey, Permissions, TalendError
from ..api.permissions import words
from .errors import AlreadyThereError, NotVerifiedError, could_not_verify


def already_there(key: GrantKey, permissions: Permissions) -> str:
    """The message for a grant that exists before it is created."""
    return (
        f"{key} already has {words(permissions)}, granted outside this resource. Set adopt_existing=True to take it over, or "
        f"import it: talend-access adopt --only {key.resource_id} --name NAME --out DIR. If another resource of this stack held "
        "it, give this one `aliases`."
    )


def somebody_was_faster(key: GrantKey, standing: Permissions) -> AlreadyThereError:
    """The error where a grant came into being between the look and the write."""
    return AlreadyThereError(f"Could not create the grant: {already_there(key, standing)}")


def not_seen(key: GrantKey, asked: Permissions | None, error: TalendError) -> NotVerifiedError:
    """The error where the API called a write done and then did not let it be seen, because of `error`."""
    what = f"the grant of {words(asked)} to {key}" if asked else f"that {key} has no permissions any more"
    return could_not_verify(f"{what}, which the API called done", error)


def not_verified(key: GrantKey, asked: Permissions | None, standing: Permissions | None) -> NotVerifiedError:
    """The error where the API called a write done and shows something else afterwards."""
    if asked is None:
        return NotVerifiedError(
            f"Could not remove the permissions of {key}: the API says done, but still shows {words(standing or ())}. "
            "Run again; if it stays, remove it in the console."
        )
    return NotVerifiedError(
        f"Could not verify the grant of {words(asked)} to {key}: the API says done, but shows {words(standing or ())}. "
        "Look at it in the console; adopt_existing=True makes it as the program says."
    )
