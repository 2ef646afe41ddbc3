"""Covariance structures: S(theta) over the slots, its derivatives, and starting values (mmrm's parametrisations)."""
