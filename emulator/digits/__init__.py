"""Digits: pictures, features, presentations, classifiers, training and comparison."""
