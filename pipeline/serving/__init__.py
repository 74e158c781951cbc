"""The model server: SavedModels behind TensorFlow Serving's REST and gRPC.

It knows SavedModels and signatures, nothing of tasks or training. A request's way:

- `server`, `runtime`, `app`: the processes, TensorFlow alone, the ports, what starts and stops.
- `rest_app`, `http_body`, `rest_paths`, `rest`: an HTTP request becomes a call.
- `json_text`, `json_values`, `json_inputs`, `examples`: its JSON becomes arrays.
- `grpc_server`, `grpc_answers`, `grpc_prediction`, `grpc_models`: the same for gRPC, with
  `proto_inputs`, `proto_examples`, `tensor_protos`.
- `questions`: what both faces share.
- `models`, `model`, `model_state`, `version_folders`, `traffic`: which version answers.
- `shadow`, `disagreements`: a second version answers, too, and is compared.
- `loading`, `warmup`, `probe`: how a folder becomes one that may.
- `memory`, `tables`: what versions that left take with them.
- `engine`, `batching`, `servable`, `signature`: the arrays are run, with those of others.
- `json_outputs`, `metadata`: what comes out becomes JSON.
- `admin`, `admin_app`: what an administrator changes, on a port of its own.
- `page` (and its folder), `openapi`: for a person with a browser, and for tools.
- `client`, `client_answers`: for programs elsewhere; they need nothing of all the rest.
- `codes`, `settings`, `metrics`, `logs`, `tracing`: errors, limits, counters, events, spans.
"""
