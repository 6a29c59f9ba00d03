"""Figures, tables for a terminal, and pages for a browser.

A page is one file: a body (`NAME.html`), a style (`NAME_style.html`), 3Dmol.js and scripts of its
own, with the data as JSON. Python works out all that is shown; JavaScript draws, sorts and filters.
"""
