"""The only code that speaks to the AI gateway.

``types`` and ``errors`` are what other packages read; ``client`` makes one call or one call with
retries; ``pacing`` decides when the next call may start; ``cost`` turns tokens into money;
``addresses`` decides where a connection may go. Only ``connection`` knows Django's settings.
"""
