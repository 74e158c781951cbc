"""What the server reports about itself.

- `logs`: one JSON object per event on standard error.
- `metrics`: counters, histograms and gauges for Prometheus.
- `tracing`: one OpenTelemetry span per request, if enabled.
"""
