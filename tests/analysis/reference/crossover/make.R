# Cross-over trials: Hills and Armitage's enuresis trial (2x2), and a Williams square of four treatments with missing periods.
# Run in this folder: Rscript make.R > expected.json
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)})
a1 <- c(8,14,8,9,11,3,6,0,13,10,7,13,8,7,9,10,2); a2 <- c(5,10,0,7,6,5,0,0,12,2,5,13,10,7,0,6,2)
b1 <- c(12,6,13,8,8,4,8,2,8,9,7,7); b2 <- c(11,8,9,8,9,8,14,4,13,7,10,6)
n <- length(a1) + length(b1)
e <- data.frame(id = rep(seq_len(n), 2), period = rep(1:2, each = n), y = c(a1, b1, a2, b2), sequence = rep(c(rep("AP", 17), rep("PA", 12)), 2))
e$treatment <- factor(ifelse((e$sequence == "AP") == (e$period == 1), "Drug", "Placebo"), levels = c("Placebo", "Drug"))
table <- function(m) { s <- summary(m, ddf = "Kenward-Roger")$coefficients; list(term = rownames(s), estimate = unname(s[, 1]), se = unname(s[, 2]), df = unname(s[, 3]), p = unname(s[, 5])) }
e$period <- factor(e$period); m <- lmer(y ~ sequence + period + treatment + (1 | id), e); out <- list(enuresis = table(m))
w <- read.csv("williams.csv"); w$period <- factor(w$period); for (k in c("treatment", "sequence", "carry")) w[[k]] <- factor(w[[k]])
m <- lmer(y ~ sequence + period + treatment + (1 | id), w); out$williams <- table(m)
for (k in c("B", "C", "D")) w[[paste0("carry_", k)]] <- as.integer(w$carry == k)
m <- lmer(y ~ sequence + period + treatment + carry_B + carry_C + carry_D + (1 | id), w); out$carry_over <- table(m)
L <- t(sapply(paste0("carry_", c("B", "C", "D")), function(k) as.integer(names(fixef(m)) == k))); f <- contest(m, L, ddf = "Kenward-Roger")
out$carry_over_test <- list(F = f[["F value"]], num = f$NumDF, den = f$DenDF, p = f[["Pr(>F)"]])
number <- function(x) formatC(x, digits = 15, format = "g")
json <- function(x) { if (is.list(x)) return(paste0("{", paste(sprintf('"%s": %s', names(x), sapply(x, json)), collapse = ",\n"), "}"))
  text <- if (is.character(x)) sprintf('"%s"', x) else number(x); if (length(x) == 1) text else paste0("[", paste(text, collapse = ", "), "]") }
cat(json(out), "\n")
