"""Figures and widgets of the notebooks: thin views over plain, tested functions."""
