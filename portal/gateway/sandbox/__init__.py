"""The embedded default gateway: an OpenAI-compatible server of simulated models.

Each model is a small rule-based program that answers from the text of the request and from
nothing else: it never reads
a dataset, a database or an expected answer. The same request always gets the same answer.
Everything the server says
about a model carries ``simulated: true``, so that a screen can say so.

Start it with ``python -m portal.gateway.sandbox --host 127.0.0.1 --port 4000``. It needs aiohttp,
not Django, and imports
nothing of the portal outside this package.
"""
