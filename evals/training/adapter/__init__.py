"""What the adapter of the local model is trained on, and the layers that it is trained in."""
