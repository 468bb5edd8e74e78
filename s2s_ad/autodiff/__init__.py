"""Forward and reverse mode, SSA to SSA."""
