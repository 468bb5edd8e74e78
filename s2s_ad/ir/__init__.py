"""The intermediate representation: structured SSA with types, builder, printer, verifier."""
