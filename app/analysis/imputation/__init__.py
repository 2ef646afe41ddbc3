"""Reference-based multiple imputation (Carpenter, Roger and Kenward 2013; Wolbers et al. 2022), and its pooling."""
