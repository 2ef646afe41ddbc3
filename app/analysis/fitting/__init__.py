"""From matrices to estimates: likelihood, optimiser, degrees of freedom, robust covariance."""
