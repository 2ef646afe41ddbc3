# Rank and residual sum of squares of least squares by formulas that nobody planned: Rscript make.R, in this folder.
library(splines)
data <- read.csv("data.csv", check.names = FALSE, colClasses = c(site = "character"))
for (name in c("arm", "sex", "site", "odd level", "id")) {
  data[[name]] <- factor(data[[name]], levels = sort(unique(data[[name]]), method = "radix"))
}
fits <- lapply(readLines("formulas.txt"), function(line) {
  fit <- lm(as.formula(line), data = data)
  list(formula = line, rank = fit$rank, rss = sum(resid(fit)^2))
})
jsonlite::write_json(fits, "expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
