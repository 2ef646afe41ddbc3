"""What a fit answers: coefficients, contrasts, marginal means, residuals, the record of how it was made."""
