"""The desk: the pages on which coordinators, investigators and statisticians work."""
