# Logistic, log-binomial, Poisson, negative binomial and proportional odds models of sim_a, and GEE with corrected errors.
# Run in this folder: Rscript make.R > expected.json
suppressMessages({library(MASS); library(sandwich); library(geepack)})
d <- read.csv("../sim_a.csv")
d$arm <- factor(d$arm, levels = c("Placebo", "Infliximab")); d$site <- factor(d$site)
d$visit <- factor(d$visit, levels = c("baseline", "m03", "m05", "m09"))
d$better <- as.integer(d$chg <= -10); d$tens <- round(d$odi / 10); d$years <- 0.5 + d$month / 12
d$level <- cut(d$odi, c(-1, 20, 40, 60, 100), labels = 1:4, ordered_result = TRUE)
post <- droplevels(d[d$visit != "baseline" & !is.na(d$chg), ]); m5 <- droplevels(post[post$visit == "m05", ])
tight <- list(epsilon = 1e-14)
row <- function(m, v = vcov(m)) list(term = names(coef(m)), estimate = unname(coef(m)), se = unname(sqrt(diag(v))))
standardised <- function(m, v) {
  X <- lapply(levels(m5$arm), function(k) { n <- m5; n$arm <- factor(k, levels = levels(m5$arm)); model.matrix(delete.response(terms(m)), n) })
  eta <- lapply(X, function(x) drop(x %*% coef(m))); p <- sapply(eta, function(e) mean(m$family$linkinv(e)))
  J <- lapply(1:2, function(i) colMeans(X[[i]] * m$family$mu.eta(eta[[i]]))); se <- function(g) sqrt(drop(g %*% v %*% g))
  o <- p * (1 - p)
  list(means = p, se = c(se(J[[1]]), se(J[[2]])), difference = p[2] - p[1], difference_se = se(J[[2]] - J[[1]]),
    ratio = p[2] / p[1], ratio_se = se(J[[2]] / p[2] - J[[1]] / p[1]),
    odds = o[1] * p[2]^2 / (o[2] * p[1]^2), odds_se = se(J[[2]] / o[2] - J[[1]] / o[1]))
}
out <- list()
m <- glm(better ~ odi_base + site + arm, binomial, m5, control = tight)
out$logistic <- c(row(m), list(loglik = as.numeric(logLik(m)), HC0 = unname(sqrt(diag(vcovHC(m, "HC0")))), HC2 = unname(sqrt(diag(vcovHC(m, "HC2")))),
  HC3 = unname(sqrt(diag(vcovHC(m, "HC3")))), standardised = standardised(m, vcov(m)), robust = standardised(m, vcovHC(m, "HC3"))))
out$log_binomial <- row(glm(better ~ arm, binomial(log), m5, start = c(log(mean(m5$better)), 0), control = tight))
out$poisson <- row(glm(tens ~ odi_base + site + arm, poisson, m5, offset = log(years), control = tight))
k <- seq_len(nrow(m5)); m5$events <- (k * 7919) %% 13 %/% 3 * (k %% 3 != 0)
m <- glm.nb(events ~ odi_base + arm + offset(log(years)), m5, control = glm.control(epsilon = 1e-14, maxit = 100))
out$negative_binomial <- c(row(m), list(dispersion = 1 / m$theta, loglik = as.numeric(logLik(m))))
m <- polr(level ~ odi_base + site + arm, m5, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000))
out$ordinal <- c(row(m, vcov(m)[1:6, 1:6]), list(thresholds = unname(m$zeta), loglik = as.numeric(logLik(m))))

# GEE: corrected errors written out from the papers, with D = dmu/dbeta, V the working covariance
post <- post[order(post$id, post$visit), ]; post$unit <- as.integer(factor(post$id)); f <- better ~ odi_base + arm * visit
power <- function(M, a) { e <- eigen(M); Re(e$vectors %*% diag(e$values^a, length(e$values)) %*% solve(e$vectors)) }
corrected <- function(beta, alpha) {
  X <- model.matrix(f, post); mu <- plogis(drop(X %*% beta)); D <- X * (mu * (1 - mu)); r <- post$better - mu
  parts <- lapply(split(seq_along(mu), post$unit), function(i) {
    R <- matrix(alpha, length(i), length(i)); diag(R) <- 1; s <- sqrt(mu[i] * (1 - mu[i]))
    list(D = D[i, , drop = FALSE], W = solve(R * outer(s, s)), r = r[i]) })
  B <- solve(Reduce(`+`, lapply(parts, function(p) t(p$D) %*% p$W %*% p$D)))
  se <- function(score) { g <- lapply(parts, score); sqrt(diag(B %*% Reduce(`+`, lapply(g, tcrossprod)) %*% B)) }
  leverage <- function(a) function(p) t(p$D) %*% p$W %*% power(diag(length(p$r)) - p$D %*% B %*% t(p$D) %*% p$W, a) %*% p$r
  list(sandwich = unname(se(function(p) t(p$D) %*% p$W %*% p$r)), kauermann_carroll = unname(se(leverage(-0.5))), mancl_derouen = unname(se(leverage(-1))),
    fay_graubard = unname(se(function(p) (t(p$D) %*% p$W %*% p$r) / sqrt(1 - pmin(0.75, diag(t(p$D) %*% p$W %*% p$D %*% B))))))
}
g <- glm(f, binomial, post, control = tight); out$independence <- c(list(term = names(coef(g)), estimate = unname(coef(g))), corrected(coef(g), 0))
pairs <- sum(choose(table(post$unit), 2)); p <- length(coef(g)); N <- nrow(post); alpha <- 0.3
for (turn in 1:200) {  # the moments of Liang and Zeger with both denominators less p, as SAS and R's gee have them
  R <- matrix(alpha, 3, 3); diag(R) <- 1; z <- fixed2Zcor(R, id = post$unit, waves = as.integer(post$visit))
  e <- geeglm(f, binomial, post, id = unit, corstr = "fixed", zcor = z, control = geese.control(epsilon = 1e-13, maxit = 100))
  s <- (post$better - fitted(e)) / sqrt(fitted(e) * (1 - fitted(e))); scale <- sum(s^2) / (N - p)
  new <- sum(tapply(s, post$unit, function(v) (sum(v)^2 - sum(v^2)) / 2)) / scale / (pairs - p); if (abs(new - alpha) < 1e-13) break; alpha <- new }
out$exchangeable <- c(list(term = names(coef(e)), estimate = unname(coef(e)), alpha = alpha, geepack = unname(sqrt(diag(vcov(e))))), corrected(coef(e), alpha))

number <- function(x) formatC(x, digits = 15, format = "g")
json <- function(x) {
  if (is.list(x)) return(paste0("{", paste(sprintf('"%s": %s', names(x), sapply(x, json)), collapse = ",\n"), "}"))
  text <- if (is.character(x)) sprintf('"%s"', x) else number(x)
  if (length(x) == 1) text else paste0("[", paste(text, collapse = ", "), "]")
}
cat(json(out), "\n")
