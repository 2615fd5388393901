"""One actor, captured closely: footage and its labels, what is learnt from them, and how good it is."""
