"""What a question means: rewritten in its conversation, and the type of answer that it asks for."""
