"""Files that open labelled: SPSS, Stata, SAS and Excel, each checked by one validator before a library writes it."""
