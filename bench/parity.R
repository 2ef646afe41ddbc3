# Fits that bench/parity.py compares with: lme4, lmerTest, pbkrtest, emmeans and nlme on the data of the tests.
# Rscript bench/parity.R <folder of sim_a.csv> <output.json>
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(emmeans); library(nlme)})
argument <- commandArgs(trailingOnly = TRUE)
d <- read.csv(file.path(argument[1], "sim_a.csv"))
d$arm <- factor(d$arm, c("Placebo", "Infliximab"))
d$site <- factor(d$site)
d$visit <- factor(d$visit, c("baseline", "m03", "m05", "m09"))
number <- function(x) paste0("[", paste(formatC(as.numeric(x), digits = 17, format = "g"), collapse = ","), "]")
line <- function(name, ...) {
  parts <- list(...)
  body <- paste(sprintf('"%s": %s', names(parts), vapply(parts, number, "")), collapse = ", ")
  sprintf('"%s": {%s}', name, body)
}
emm_options(lmer.df = "kenward-roger", lmerTest.limit = 1e5, pbkrtest.limit = 1e5)
out <- character()

tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10))
fit <- lmer(odi ~ site + arm * visit + (1 | id), d, REML = TRUE, control = tight)
for (ddf in c("Satterthwaite", "Kenward-Roger")) {
  s <- coef(summary(fit, ddf = ddf))
  out <- c(out, line(paste0("lmm_", ddf), loglik = logLik(fit), estimate = s[, 1], se = s[, 2], df = s[, 3], p = s[, 5]))
}
means <- as.data.frame(emmeans(fit, ~ arm | visit))
out <- c(out, line("lmm_emmeans", estimate = means$emmean, se = means$SE, df = means$df))

later <- droplevels(d[d$visit != "baseline" & !is.na(d$chg), ])
later$slot <- as.integer(later$visit)
us <- gls(chg ~ odi_base * visit + site + arm * visit, later, correlation = corSymm(form = ~ slot | id),
          weights = varIdent(form = ~ 1 | visit), control = glsControl(tolerance = 1e-12, msTol = 1e-12, maxIter = 500))
out <- c(out, line("mmrm_us", loglik = logLik(us), estimate = coef(us), se = sqrt(diag(vcov(us)))))
ar1 <- gls(chg ~ odi_base * visit + site + arm * visit, later, correlation = corAR1(form = ~ slot | id))
out <- c(out, line("mmrm_ar1", loglik = logLik(ar1), estimate = coef(ar1), se = sqrt(diag(vcov(ar1)))))

least <- lm(chg ~ odi_base + site + arm, d[d$visit == "m05", ])
s <- coef(summary(least))
means <- as.data.frame(emmeans(least, ~ arm))
out <- c(out, line("ancova", estimate = s[, 1], se = s[, 2], p = s[, 4]))
out <- c(out, line("ancova_emmeans", estimate = means$emmean, se = means$SE, df = means$df))
writeLines(paste0("{", paste(out, collapse = ",\n"), "}"), argument[2])
