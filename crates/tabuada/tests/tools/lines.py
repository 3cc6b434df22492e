"""Makes schemathesis send a body of lines without encoding it."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    # A line that is not a text is any other JSON value.
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else str(value)).encode("utf-8", "surrogatepass")
