"""One module for each command of `./assay`."""
