"""Twenty functions of the kind found in scientific code, by field."""
