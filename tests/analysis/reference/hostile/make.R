# Differences of the arms on hostile data: Rscript make.R, in this folder.
# lm (weighted by w: wlm) and lmer with a random intercept, contrasts by emmeans, Kenward and Roger's errors by pbkrtest.
suppressMessages({ library(emmeans); library(lme4); library(splines) })
data <- read.csv("data.csv", check.names = FALSE, encoding = "UTF-8")
levels <- list(arm = c("pla:cebo", "T.low", "low"), visit = c("day 0, 08:00", "d\"28\"", "d91 [end]"))
for (name in names(levels)) data[[name]] <- factor(data[[name]], levels[[name]])
for (name in c("sex", "site")) data[[name]] <- factor(data[[name]], unique(data[[name]]))
cases <- read.csv("cases.csv", colClasses = "character")
out <- lapply(seq_len(nrow(cases)), function(k) {
  case <- cases[k, ]
  rows <- if (case$rows == "") data else data[data[[case$rows]] == "True", ]
  rows <- droplevels(rows)
  formula <- as.formula(paste(case$formula, if (case$model == "lmer") "+ (1 | id)"))
  fit <- switch(case$model, lm = lm(formula, rows), wlm = lm(formula, rows, weights = w),
    lmer = lmer(formula, rows, control = lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-14))))
  grid <- emmeans(fit, "arm", data = rows, lmer.df = "kenward-roger")
  pairs <- as.data.frame(summary(contrast(grid, "trt.vs.ctrl", adjust = "none")))
  list(model = case$model, rows = case$rows, formula = case$formula,
       estimate = pairs$estimate, se = pairs$SE, df = pairs$df, p = pairs$p.value)
})
jsonlite::write_json(out, "expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
