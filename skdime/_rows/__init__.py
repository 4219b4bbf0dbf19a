"""Containers of users' rows: arrays, frames, collections, behind the same questions."""
