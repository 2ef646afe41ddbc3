"""The loader of R: base R alone, a data frame for each table, each column with its label."""

from collections.abc import Sequence

from app.exports.loaders.quoting import escaped
from app.exports.tables import Table

HEAD = """\
# Loads this night into data frames with the right types: source("loaders/load.R"), from whatever folder, or Rscript;
# night <- "the/folder" before it names another. Times are UTC. Labels are attributes; haven reads labelled/*.sav with
# codes and reasons too.
svar_night <- if (exists("night", mode = "character")) night else if (file.exists("loaders/load.R")) "." else {
  svar_script <- c(unlist(lapply(rev(sys.frames()), function(frame) frame$ofile)),
                   sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
  if (length(svar_script)) file.path(dirname(svar_script[1]), "..") else "."
}
svar_read <- function(name, types, labels) {
  frame <- read.csv(file.path(svar_night, paste0(name, ".csv")), colClasses = "character", na.strings = "",
                    encoding = "UTF-8", check.names = FALSE)
  for (column in names(types)) {
    text <- frame[[column]]
    frame[[column]] <- switch(types[[column]],
      integer = as.numeric(text),
      decimal = as.numeric(text),
      boolean = text == "true",
      date = as.Date(text),
      instant = as.POSIXct(text, format = "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"),
      text = text)
    attr(frame[[column]], "label") <- labels[[column]]
  }
  frame
}
"""


def script(tables: Sequence[Table]) -> str:
    """The whole script, as text."""
    return HEAD + "".join(map(_one_table, tables))


def _one_table(table: Table) -> str:
    types = ", ".join(f"{column.name} = {escaped(column.kind)}" for column in table.shape.columns)
    labels = ",\n  ".join(f"{column.name} = {escaped(column.en)}" for column in table.shape.columns)
    return f"{table.name} <- svar_read({escaped(table.name)}, c({types}), c(\n  {labels}))\n"
