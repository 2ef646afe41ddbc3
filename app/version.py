"""The one place where the version stands: the wheel, the API's description and every export read it here."""

VERSION = "0.1.0"
