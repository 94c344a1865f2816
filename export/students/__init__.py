"""The small encoders: their networks, their training, and their ONNX files."""
