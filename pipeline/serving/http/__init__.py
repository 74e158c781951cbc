"""The REST interface of TensorFlow Serving, and the pages beside it.

- `paths`: what a REST path addresses: a verb, a model, a version or label.
- `body`: reads a request's body within limits of size and time.
- `rest`: the body of one request in, the body of its response out.
- `rest_app`: the ASGI application around `rest`: headers, errors, logs.
- `admin_app`: the administrator's ASGI application, on a port of its own.
- `openapi`: the REST API as an OpenAPI document.
- `page` and its folder: a page on which to try a model in a browser.
"""
