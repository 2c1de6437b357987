"""What may leave: the rules that an answer from records passes before it is shown."""
