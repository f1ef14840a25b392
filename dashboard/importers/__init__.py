"""From outside into the books: a file becomes records of the engine, recorded by the actions."""
