"""The version of the portal, recorded with every run."""

VERSION = "0.1.0"
