"""zeoloom"""
