"""The model server: SavedModels behind the REST and gRPC interfaces of TensorFlow Serving.

The server knows SavedModels and their signatures; it knows nothing of tasks or training. The rooms,
from the bottom up; a room imports only rooms listed before it:

- `errors`, `settings`, `keys`: error codes, limits and settings, API keys.
- `runtime`, `memory`: import TensorFlow without Keras; return freed memory to the system.
- `telemetry/`: logs, metrics and traces.
- `engine/`: a loaded SavedModel with a queue per signature, which batches across requests.
- `wire/`: JSON and protobuf messages to arrays, and back.
- `versions/`: the versions of each model: found on disk, verified, loaded, chosen for a request.
- `state`: everything above, put together for one process.
- `grpc/`, `http/`: the two network interfaces.
- `app`: the ASGI application, which starts and stops all of the above.
- `server`: the main process, which holds the port and restarts the worker.

A predict request passes `http/rest_app`, `http/rest` (or `grpc/calls`, `grpc/prediction_service`),
`wire/json_inputs`, `versions/registry`, `engine/batching`, `engine/servable` and
`wire/json_outputs`.
"""
