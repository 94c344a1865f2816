"""What of quantization needs torch: calls of the networks, fine-tuning."""
