"""How nets that other programs saved are read: as data, never as code; one file a container, one a layout."""
