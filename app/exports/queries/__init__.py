"""The questions behind the tables that leave: one statement each, ordered by keys with the collation "C".

A statement gives the columns of its table's shape, in their order, as they leave: a rule that decides a cell is asked
of the database, so that a table of any length can be copied out of it as it is. Each such rule stands in one place
here, and is held by the table of cases that holds its pure form, where it has one.
"""
