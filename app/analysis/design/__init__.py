"""From a formula and a data frame to matrices, with every reason to refuse."""
