"""What people read of a night: the codebook, and a page on the quality of the data, in the study's language."""
