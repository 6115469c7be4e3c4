"""The ids of the offline tenant's company, Nordlicht Retail, in one place: names in the program, ids only here.

In your own tenant they come from the API: workspaces from `/orchestration/workspaces`, people from `/account/users`.
"""

WORKSPACES = {
    "dev/Sales": "6077b7b9a510b0700f5da086",
    "prod/Sales": "6085c3766ca5008dae0e9457",
    "dev/Finance": "609dcb39959c1cf6e284d03e",
    "prod/Logistics": "6021cb1b389b8bc480cbbd18",
}

PEOPLE = {
    "oskar.berg": "e06c66f7-aa1f-5e34-9186-1f6e643c8bbf",
    "felix.thomsen": "8c2173c3-d9d5-5fd5-84b4-1a24106eb393",
    "katharina.busch": "8d5baf27-537e-5b80-8760-5d13c6479d96",
    "linnea.holm": "7691a1db-aea2-5303-b215-b7e9d3a3b827",
}

SERVICE_ACCOUNTS = {
    "nightly-scheduler": "1226923e-c252-576d-9ba2-ea8a691797c5",
}
