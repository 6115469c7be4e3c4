"""The access review: what a preview does to who may do what, as data, and in words for the people who have to agree.

From a preview's document to what a person reads: `document` (or `plan`) gives steps, `interpret` gives what each does to
access, `fold` what that comes to for each grant and mapping, `alerts` what nobody may miss; `render` writes it.
"""
