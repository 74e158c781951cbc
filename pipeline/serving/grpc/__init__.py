"""The gRPC interface of TensorFlow Serving.

- `calls`: what every method does: check the key, keep the deadline, report errors, log.
- `prediction_service`: Predict, Classify, Regress, MultiInference, GetModelMetadata.
- `model_service`: GetModelStatus, and HandleReloadConfigRequest for an administrator.
- `server`: the gRPC servers, their limits, and the health service.
"""
