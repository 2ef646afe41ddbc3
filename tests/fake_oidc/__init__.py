"""An identity provider on loopback that does as the specification says, or as it is told."""
