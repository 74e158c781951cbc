"""Converts requests to arrays and arrays to responses, in JSON and in protobuf.

- `json_text`: bytes to a JSON object, parsed as TensorFlow Serving parses it.
- `json_values`: one JSON value to the flat values of a tensor.
- `json_inputs`: a predict request's rows or columns to arrays.
- `json_outputs`: output arrays to the JSON of a response.
- `examples`: JSON examples to tf.Example; the results of classify and regress.
- `tensor_protos`: TensorProto to NumPy, and back.
- `proto_inputs`: the tensors of a gRPC predict request, checked against a signature.
- `proto_examples`: the examples of a gRPC classify or regress request.
- `metadata`: a version's signatures as JSON and as a protobuf message.
"""
