"""The movements behind what is owed, posting by posting."""
