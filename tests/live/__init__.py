"""Our objects beside real controllers: inputs, and what the controllers made of them."""
