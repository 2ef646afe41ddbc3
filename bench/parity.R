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

tight_lmer <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10))
fit <- lmer(odi ~ site + arm * visit + (1 | id), d, REML = TRUE, control = tight_lmer)
for (ddf in c("Satterthwaite", "Kenward-Roger")) {
  s <- coef(summary(fit, ddf = ddf))
  out <- c(out, line(paste0("lmm_", ddf), loglik = logLik(fit), estimate = s[, 1], se = s[, 2], df = s[, 3], p = s[, 5]))
}
means <- as.data.frame(emmeans(fit, ~ arm | visit))
out <- c(out, line("lmm_emmeans", estimate = means$emmean, se = means$SE, df = means$df))

later <- droplevels(d[d$visit != "baseline" & !is.na(d$chg), ])
later$slot <- as.integer(later$visit)
later$months <- c(m03 = 3, m05 = 5, m09 = 9)[as.character(later$visit)]
# gls profiles the scale out and stops early by default: BFGS with a tight tolerance comes nearest to the optimum.
tight <- glsControl(opt = "optim", optimMethod = "BFGS", msTol = 1e-16, tolerance = 1e-14, maxIter = 200, msMaxIter = 1000)
usual <- glsControl(tolerance = 1e-12, msTol = 1e-12, maxIter = 500) # BFGS leaves the range of corAR1
repeated <- function(name, ..., control = tight) {
  fit <- gls(chg ~ odi_base * visit + site + arm * visit, later, control = control, ...)
  line(name, loglik = logLik(fit), estimate = coef(fit), se = sqrt(diag(vcov(fit))))
}
each <- varIdent(form = ~ 1 | visit)
out <- c(out, repeated("mmrm_us", correlation = corSymm(form = ~ slot | id), weights = each),
  repeated("mmrm_ar1", correlation = corAR1(form = ~ slot | id), control = usual),
  repeated("mmrm_ar1h", correlation = corAR1(form = ~ slot | id), weights = each, control = usual),
  repeated("mmrm_cs", correlation = corCompSymm(form = ~ 1 | id)),
  repeated("mmrm_csh", correlation = corCompSymm(form = ~ 1 | id), weights = each),
  repeated("mmrm_sp_exp", correlation = corExp(form = ~ months | id)))

sleep <- read.csv(file.path(argument[1], "sleepstudy.csv"))
names(sleep) <- tolower(names(sleep))
slope <- lmer(reaction ~ days + (days | subject), sleep, REML = TRUE, control = lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10)))
for (ddf in c("Satterthwaite", "Kenward-Roger")) {
  s <- coef(summary(slope, ddf = ddf))
  out <- c(out, line(paste0("slope_", ddf), loglik = logLik(slope), estimate = s[, 1], se = s[, 2], df = s[, 3], p = s[, 5]))
}

least <- lm(chg ~ odi_base + site + arm, d[d$visit == "m05", ])
s <- coef(summary(least))
means <- as.data.frame(emmeans(least, ~ arm))
out <- c(out, line("ancova", estimate = s[, 1], se = s[, 2], p = s[, 4]))
out <- c(out, line("ancova_emmeans", estimate = means$emmean, se = means$SE, df = means$df))
# The families of bench/parity.py, in the same order and under the same names.
random <- c("odi ~ arm * visit", "odi ~ site + visit", "odi ~ arm + visit", "odi ~ site * arm + visit")
for (i in seq_along(random)) {
  text <- as.formula(paste(random[i], "+ (1 | id)"))
  fit <- lmer(text, d, REML = TRUE, control = tight_lmer)
  for (ddf in c("Satterthwaite", "Kenward-Roger")) {
    s <- coef(summary(fit, ddf = ddf))
    out <- c(out, line(paste0("random", i, "_", ddf), loglik = logLik(fit), estimate = s[, 1], se = s[, 2], df = s[, 3], p = s[, 5]))
    a <- anova(fit, type = 3, ddf = ddf)
    out <- c(out, line(paste0("type3_", i, "_", ddf), F = a$`F value`, df = a$DenDF, p = a$`Pr(>F)`))
  }
  ml <- lmer(text, d, REML = FALSE, control = tight_lmer)
  s <- coef(summary(ml, ddf = "Satterthwaite"))
  out <- c(out, line(paste0("random", i, "_ML"), loglik = logLik(ml), estimate = s[, 1], se = s[, 2]))
}
four <- droplevels(d[!is.na(d$odi), ])
four$slot <- as.integer(four$visit)
structures <- list(
  us = function(data, ...) gls(correlation = corSymm(form = ~ slot | id), weights = each, data = data, control = tight, ...),
  cs = function(data, ...) gls(correlation = corCompSymm(form = ~ 1 | id), data = data, control = tight, ...),
  csh = function(data, ...) gls(correlation = corCompSymm(form = ~ 1 | id), weights = each, data = data, control = tight, ...),
  ar1 = function(data, ...) gls(correlation = corAR1(form = ~ slot | id), data = data, control = usual, ...))
for (name in names(structures)) for (method in c("REML", "ML")) {
  for (i in 1:2) {
    fit <- if (i == 1) structures[[name]](four, model = odi ~ arm * visit, method = method)
      else structures[[name]](later, model = chg ~ arm * visit + site, method = method)
    # Under ML gls scales its standard errors by N / (N - p); the likelihood's own are without.
    share <- if (method == "ML") 1 - length(coef(fit)) / nobs(fit) else 1
    out <- c(out, line(paste0("repeated", i, "_", name, "_", method), loglik = logLik(fit), estimate = coef(fit), se = sqrt(share * diag(vcov(fit)))))
  }
}
single <- list(chg ~ arm, chg ~ odi_base * arm + site, odi ~ odi_base + arm, odi - odi_base ~ log(odi_base + 1) + arm)
for (visit in c("m03", "m09")) for (i in seq_along(single)) {
  fit <- lm(single[[i]], d[d$visit == visit, ])
  s <- coef(summary(fit))
  out <- c(out, line(paste0("single", i, "_", visit), estimate = s[, 1], se = s[, 2], p = s[, 4]))
}
writeLines(paste0("{", paste(out, collapse = ",\n"), "}"), argument[2])
