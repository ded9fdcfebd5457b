"""The Django project: everything that people and other systems touch. It holds no rule of scoring; the engine does."""
