"""The Python face of a store that somebody else serves: ``ol.open("http://...")``."""
